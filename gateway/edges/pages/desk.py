"""What every page is made with: the rpcs it asks, who is admitted, the templates and the words."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import grpc
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from workspace.calendar.v1 import appointments_pb2_grpc, polls_pb2_grpc
from workspace.directory.v1 import (
    credentials_pb2_grpc,
    directory_pb2_grpc,
    openid_pb2_grpc,
    photos_pb2_grpc,
    recovery_pb2_grpc,
)

from gateway.edge.access import Access
from gateway.edge.browser import Cookies
from gateway.edges.pages.words import LANGUAGES, Words, catalogue
from gateway.servers import Servers

_HERE = Path(__file__).parent
ASSETS = _HERE / "assets"
MARK = _HERE.parents[1] / "pages" / "mark.svg"
SERVED = {
    **{name: ASSETS / name for name in ("pages.css", "passkeys.js", "form-post.js")},
    "mark.svg": MARK,
}


class Desk:
    """Shared by all pages of the process."""

    def __init__(
        self, channels: Mapping[str, grpc.aio.Channel], access: Access, cookies: Cookies, servers: Servers
    ) -> None:
        directory = channels["directory"]
        # The stubs have no types of their own.
        self.sessions: Any = directory_pb2_grpc.SessionServiceStub(directory)
        self.accounts: Any = directory_pb2_grpc.AccountServiceStub(directory)
        self.credentials: Any = credentials_pb2_grpc.CredentialServiceStub(directory)
        self.recovery: Any = recovery_pb2_grpc.RecoveryServiceStub(directory)
        self.openid: Any = openid_pb2_grpc.OpenIdServiceStub(directory)
        self.photos: Any = photos_pb2_grpc.PhotoServiceStub(directory)
        self.appointments: Any = appointments_pb2_grpc.AppointmentServiceStub(channels["calendar"])
        self.polls: Any = polls_pb2_grpc.PollServiceStub(channels["calendar"])
        self.access = access
        self.cookies = cookies
        self.servers = servers
        words = catalogue()
        self._words = {language: Words(language, words) for language in LANGUAGES}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals["asset"] = asset

    def words(self, language: str) -> Words:
        return self._words[language]

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        return self._templates.get_template(template).render(context)


@cache
def digest(name: str) -> str:
    """What changes with an asset's content."""
    return hashlib.sha256(SERVED[name].read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of an asset, which browsers may keep for good: another content has another address."""
    return f"/assets/{name}?v={digest(name)}"
