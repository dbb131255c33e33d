"""Where the services are and which certificates open them: the environment first, then the local stack's folder."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.settings import ServiceSettings
from cli.failures import WrongUsage


@dataclass(frozen=True)
class Place:
    """An installation, as seen from here."""

    var: Path

    def processes(self) -> list[dict[str, Any]]:
        """The local stack's processes; none when there is no local stack."""
        try:
            found = json.loads((self.var / "processes.json").read_text("utf-8"))
        except (OSError, ValueError):
            return []
        return [process for process in found if isinstance(process, dict)] if isinstance(found, list) else []

    def address(self, service: str) -> str:
        """`host:port` of a service's api."""
        given = os.environ.get(f"WORKSPACE_{service.upper()}")
        if given:
            return given
        for process in self.processes():
            if process.get("service") == service and process.get("kind") == "api":
                listens = process.get("listens")
                if isinstance(listens, dict) and listens.get("rpc"):
                    return str(listens["rpc"])
        raise WrongUsage(f"where is {service}? Set WORKSPACE_{service.upper()}=host:port, or start the local stack")

    def settings(self) -> ServiceSettings:
        """Settings that carry the command line's certificate."""
        tls = self.var / "tls"
        paths = {
            "tls_ca": _path("WORKSPACE_TLS_CA", tls / "ca.pem"),
            "tls_certificate": _path("WORKSPACE_TLS_CERTIFICATE", tls / "cli.pem"),
            "tls_key": _path("WORKSPACE_TLS_KEY", tls / "cli.key"),
        }
        for name, path in paths.items():
            if not path.is_file():
                raise WrongUsage(f"no certificate at {path}; set WORKSPACE_{name.upper()}")
        given: dict[str, Any] = dict(paths)
        return ServiceSettings.model_construct(**given)


def _path(variable: str, otherwise: Path) -> Path:
    return Path(os.environ.get(variable) or otherwise)


def place() -> Place:
    """The installation at hand: WORKSPACE_LOCAL_VAR, else `var` here, else `var` of the checkout."""
    given = os.environ.get("WORKSPACE_LOCAL_VAR")
    if given:
        return Place(Path(given))
    here = Path("var")
    return Place(here if here.is_dir() else Path(__file__).resolve().parent.parent / "var")
