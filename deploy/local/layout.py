"""Where the local stack keeps its things and on which ports it listens, by the environment.

`WORKSPACE_LOCAL_VAR` is the data folder (`var` of the checkout), `WORKSPACE_LOCAL_PORT_OFFSET` moves every port,
`WORKSPACE_LOCAL_<NAME>_PORT` sets one; `WORKSPACE_LOCAL_PORTS=free` takes free ports once and keeps to them.
"""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.standins import free_port

ROOT = Path(__file__).parents[2]
LOOPBACK = "127.0.0.1"
# The first eight are for clients; the others are between our own processes.
PORTS = {
    "http": 8080,
    "smtp": 2525,
    "submission": 2587,
    "imap": 2143,
    "imaps": 2993,
    "managesieve": 2190,
    "ldap": 2389,
    "ldaps": 2636,
    "documents": 27018,
    "objects": 9100,
    "broker": 5673,
    "broker_distribution": 25673,
    "directory_rpc": 9201,
    "mail_rpc": 9202,
    "calendar_rpc": 9203,
    "directory_api_ops": 9301,
    "directory_worker_ops": 9302,
    "directory_ldap_ops": 9303,
    "mail_api_ops": 9311,
    "mail_worker_ops": 9312,
    "mail_smtp_ops": 9313,
    "mail_imap_ops": 9314,
    "mail_relay_ops": 9315,
    "mail_managesieve_ops": 9316,
    "calendar_api_ops": 9331,
    "calendar_worker_ops": 9332,
    "gateway_http_ops": 9321,
}


class CannotStart(Exception):
    """The stack cannot start; one line says why."""


@dataclass(frozen=True)
class Layout:
    """Folders and ports of one local stack."""

    var: Path
    ports: Mapping[str, int]

    def address(self, name: str) -> str:
        """`host:port` of a listener, by its name in `PORTS`."""
        return f"{LOOPBACK}:{self.ports[name]}"

    def folder(self, name: str) -> Path:
        path = self.var / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def tls(self) -> Path:
        return self.var / "tls"

    @property
    def local_json(self) -> Path:
        return self.var / "local.json"

    @property
    def processes_json(self) -> Path:
        return self.var / "processes.json"


def layout() -> Layout:
    """The stack that the environment describes. Raises `CannotStart` for a bad variable."""
    var = Path(os.environ.get("WORKSPACE_LOCAL_VAR") or ROOT / "var").resolve()
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Layout(var, _kept(var) if os.environ.get("WORKSPACE_LOCAL_PORTS") == "free" else _given())


def _given() -> dict[str, int]:
    offset = _number("WORKSPACE_LOCAL_PORT_OFFSET", 0)
    return {name: _number(variable(name), port + offset) for name, port in PORTS.items()}


def variable(name: str) -> str:
    """The environment variable that sets a port."""
    return f"WORKSPACE_LOCAL_{name.upper()}_PORT"


def _number(name: str, otherwise: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise CannotStart(f"{name} is no port: {text!r}")
    return int(text)


def _kept(var: Path) -> dict[str, int]:
    path = var / "ports.json"
    kept: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    taken = set(kept.values())
    for name in PORTS:
        while name not in kept:
            port = free_port()
            if port not in taken:
                kept[name] = port
                taken.add(port)
    path.write_text(json.dumps(kept))
    return kept


def in_use(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
        return False
