"""The pages as a browser without JavaScript sees them, before the real directory."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from workspace.directory.v1 import directory_pb2 as pb

from chassis.authority import Authority as DirectoryAuthority
from chassis.identity import Revocations, TokenVerifier
from chassis.rpc import RpcClient
from deploy.local.certificates import Authority
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings
from gateway.upstreams import CONTRACTS, services
from tests.databases import Databases
from tests.directory.conftest import PASSWORD, Person, Stack, running
from tests.gateway.conftest import Feeds

AGENT = "agent1@gouv.tg"


class _Reader(HTMLParser):
    """What a person meets on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.forms: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.elements.append((tag, known))
        if tag == "form":
            self.forms.append({"action": known.get("action", ""), "fields": {}})
        elif tag in ("input", "button") and self.forms and known.get("name"):
            chosen = known.get("type") not in ("checkbox", "radio") or "checked" in known
            if chosen and tag == "input":
                self.forms[-1]["fields"][known["name"]] = known.get("value", "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@dataclass
class Page:
    """An answer, read."""

    answer: httpx.Response
    reader: _Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = _Reader()
        self.reader.feed(self.answer.text)

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def location(self) -> str:
        return self.answer.headers.get("location", "")

    @property
    def text(self) -> str:
        """What it says, blanks folded."""
        return re.sub(r"\s+", " ", " ".join(self.reader.words))

    def elements(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.reader.elements if name == tag]

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form that goes to a path, as they stand."""
        return next(dict(form["fields"]) for form in self.reader.forms if form["action"] == action)


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open(self, path: str, **headers: str) -> Page:
        return Page(await self.client.get(path, headers=headers))

    async def send(self, page: Page, action: str, /, headers: dict[str, str] | None = None, **fields: str) -> Page:
        """Send a form of a page with these fields filled in."""
        return Page(await self.client.post(action, data=page.form(action) | fields, headers=headers))

    async def log_in(self, address: str = AGENT, password: str = PASSWORD, at: str = "/login") -> Page:
        return await self.send(await self.open(at), "/login", address=address, password=password)

    def cookie(self, name: str = "workspace_session") -> str:
        return self.client.cookies.get(name) or ""


@dataclass
class House:
    """Directory, a gateway before it, and who is in it."""

    stack: Stack
    administrator: Person
    agent: Person
    port: int

    def browser(self) -> Browser:
        return Browser(httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20))


@asynccontextmanager
async def _gateway(stack: Stack, authority: Authority, **options: Any) -> AsyncIterator[int]:
    own = authority.of("gateway")
    settings = Settings(
        tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2,
        http_listen="127.0.0.1:0", **options,
    )  # fmt: skip
    # Whom a page does not need is not there.
    clients = {
        name: RpcClient(settings, name, f"127.0.0.1:{stack.server.port if name == 'directory' else 9}", services(name))
        for name in CONTRACTS
    }
    authority_of_tokens = DirectoryAuthority(clients["directory"])
    revocations = Revocations(authority_of_tokens.revocations)
    verifier = TokenVerifier(authority_of_tokens.keys, revocations)
    channels = {name: client.channel for name, client in clients.items()}
    http = HttpServer(settings, lambda: build_app(settings, channels, verifier, revocations, Feeds()))
    await http.start()
    yield http.port
    await http.drain()
    await http.stop()
    for client in clients.values():
        await client.stop()


@asynccontextmanager
async def housed(stack: Stack, authority: Authority, **options: Any) -> AsyncIterator[House]:
    """A house around a directory that nobody is in yet."""
    administrator = await stack.first_administrator()
    ministry = await stack.unit(administrator, "Économie", pb.UNIT_KIND_MINISTRY)
    agent = await stack.person(administrator, AGENT, ministry.id)
    async with _gateway(stack, authority, **{"login_rate": 100, **options}) as port:
        yield House(stack, administrator, agent, port)


@pytest.fixture
async def house(
    authority: Authority, databases: Databases, broker_url: str, request: pytest.FixtureRequest
) -> AsyncIterator[House]:
    """With the gateway's settings of the `gateway_settings` mark."""
    mark = request.node.get_closest_marker("gateway_settings")
    async with (
        running(authority, databases, broker_url) as stack,
        housed(stack, authority, **(mark.kwargs if mark else {})) as whole,
    ):
        yield whole


@pytest.fixture
def browser(house: House) -> Browser:
    return house.browser()


@pytest.fixture
async def inside(browser: Browser) -> Browser:
    """A browser in which the agent has logged in."""
    answer = await browser.log_in()
    assert answer.status == 303, answer.text
    return browser
