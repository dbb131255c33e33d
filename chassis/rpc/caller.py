"""Which service is at the other end, by its certificate."""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar

# Names that speak as a part of the platform. An operator's command line has a certificate too, and is not among them.
SERVICES = frozenset({"directory", "mail", "calendar", "drive", "video", "gateway"})

# Metadata in which the gateway says where its client is.
REMOTE_ADDRESS = "workspace-remote-address"

_service: ContextVar[str] = ContextVar("calling_service", default="")


def name_in(auth_context: Mapping[str, Iterable[bytes]]) -> str:
    """The platform name among the peer's certificate names; empty when there is none."""
    names = {name.decode("ascii", "replace") for name in auth_context.get("x509_subject_alternative_name", ())}
    return next(iter(names & SERVICES), "")


def set_calling_service(name: str) -> None:
    _service.set(name)


def calling_service() -> str:
    """The service that calls the rpc at hand; empty for the command line."""
    return _service.get()
