"""Typed settings from the environment. Every variable starts with `WORKSPACE_`; a bad one stops the process."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "WORKSPACE_"


def host_port(listen: str) -> tuple[str, int]:
    """Split `host:port`, `[::1]:port` included. Raises `ValueError`."""
    host, _, port = listen.rpartition(":")
    if not (port.isdecimal() and port.isascii() and int(port) < 65536):
        raise ValueError("is to be host:port")
    return host.strip("[]") or "127.0.0.1", int(port)


def _listened(listen: str) -> str:
    host_port(listen)
    return listen


# Where a process listens: `host:port`.
Listen = Annotated[str, AfterValidator(_listened)]


class ServiceSettings(BaseSettings):
    """What every process of every service is told. Addresses are `host:port`; keys are base64 of 32 octets."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    ops_listen: Listen = "127.0.0.1:0"
    rpc_listen: Listen = "127.0.0.1:0"

    mongodb_url: str = "mongodb://127.0.0.1:27017/?replicaSet=rs0"
    broker_url: str = "amqp://guest:guest@127.0.0.1:5672//"
    # After how many seconds a fact that a handler failed is tried again, for each next try; then it is a dead letter.
    event_retry_seconds: str = Field("1,10,60,600,3600", pattern=r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$")
    s3_endpoint: str = "127.0.0.1:9000"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    s3_secure: bool = False
    s3_region: str = "us-east-1"
    # `<id>:<base64>`, comma separated; the first one seals, all of them open (rotation).
    service_keys: SecretStr = SecretStr("")

    tls_ca: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    directory_rpc: str = "127.0.0.1:9001"
    # Where people's browsers reach the gateway: the OpenID issuer, the origin of passkeys, the beginning of links.
    public_url: str = Field("http://localhost:8080", pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")

    otlp_endpoint: str = ""
    trace_file: Path | None = None
    drain_seconds: float = Field(20, ge=0, le=600)

    @property
    def event_retries(self) -> tuple[float, ...]:
        return tuple(float(seconds) for seconds in self.event_retry_seconds.split(","))


S = TypeVar("S", bound=ServiceSettings)


def stop(line: str) -> NoReturn:
    """End the process, which cannot work as it is set up."""
    sys.stderr.write(line + "\n")
    raise SystemExit(2)


def load(settings: type[S]) -> S:
    """Read the environment into `settings`; on an unknown or bad variable, say which in one line and exit with 2."""
    known = {PREFIX + name.upper() for name in settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        stop(f"settings: unknown {', '.join(unknown)}")
    try:
        return settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper() if fault['loc'] else ''}: {fault['msg']}"
            for fault in error.errors()
        )
        stop(f"settings: {wrong}")
