"""WebDAV as clients meet it: the gateway on a real socket before a real directory on the embedded database."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from lxml import etree
from workspace.directory.v1 import directory_pb2 as pb

from chassis.identity import Revocations, TokenVerifier
from chassis.rpc import RpcClient
from deploy.local.certificates import Authority
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings
from gateway.upstreams import CONTRACTS, services
from services.directory.usecases.list_revocations import list_revocations
from tests.databases import Databases
from tests.directory.cards import card
from tests.directory.conftest import PASSWORD, Land, Person, Stack, running
from tests.directory.conftest import administrator as administrator
from tests.directory.conftest import land as land
from tests.directory.doors import Silent

NAMES = {
    "D": "DAV:", "CR": "urn:ietf:params:xml:ns:carddav", "CS": "http://calendarserver.org/ns/",
    "C": "urn:ietf:params:xml:ns:caldav", "A": "http://apple.com/ns/ical/",
}  # fmt: skip
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())


@pytest.fixture
async def stack(authority: Authority, databases: Databases, broker_url: str) -> AsyncIterator[Stack]:
    async with running(authority, databases, broker_url) as whole:
        yield whole


@dataclass
class Found:
    """A multistatus answer: each href with its properties, and its status where that is all there is."""

    answer: httpx.Response
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: dict[str, set[str]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    sync_token: str = ""

    @classmethod
    def of(cls, answer: httpx.Response) -> "Found":
        assert answer.status_code == 207, (answer.status_code, answer.text)
        root = etree.fromstring(answer.content)
        found = cls(answer, sync_token=root.findtext("D:sync-token", "", NAMES))
        for response in root.iterfind("D:response", NAMES):
            href = response.findtext("D:href", None, NAMES)
            if (status := response.findtext("D:status", None, NAMES)) is not None:
                found.statuses[href] = int(status.split()[1])
                continue
            found.properties[href], found.missing[href] = {}, set()
            for propstat in response.iterfind("D:propstat", NAMES):
                code = int(propstat.findtext("D:status", None, NAMES).split()[1])
                for each in propstat.find("D:prop", NAMES):
                    if code == 200:
                        found.properties[href][etree.QName(each).localname] = each
                    else:
                        found.missing[href].add(etree.QName(each).localname)
        return found

    def texts(self, href: str, name: str) -> list[str]:
        """What stands in the hrefs within a property, or its text."""
        value = self.properties[href][name]
        return [each.text for each in value.iterfind(".//D:href", NAMES)] or ["".join(value.itertext())]

    def types(self, href: str) -> set[str]:
        return {etree.QName(each).localname for each in self.properties[href]["resourcetype"]}


@dataclass
class Client:
    """A client of one person, with app password or token."""

    http: httpx.AsyncClient
    address: str
    headers: dict[str, str]

    @property
    def home(self) -> str:
        return f"/dav/addressbooks/{self.address}/"

    @property
    def book(self) -> str:
        return f"{self.home}contacts/"

    async def ask(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, path, content=body, headers={**self.headers, **named})

    async def propfind(self, path: str, *names: str, depth: str = "0", **headers: str) -> Found:
        props = "".join(f"<{name}/>" for name in names)
        body = f"<D:propfind {DECLARED}><D:prop>{props}</D:prop></D:propfind>"
        return Found.of(await self.ask("PROPFIND", path, body, depth=depth, **headers))

    async def report(self, path: str, name: str, inner: str, **headers: str) -> Found:
        return Found.of(await self.ask("REPORT", path, f"<{name} {DECLARED}>{inner}</{name}>", **headers))

    async def put(self, name: str, vcard: bytes | None = None, **headers: str) -> httpx.Response:
        vcard = vcard if vcard is not None else card()
        return await self.ask("PUT", self.book + name, vcard, content_type="text/vcard", **headers)

    async def sync(self, token: str = "", limit: int = 0, path: str = "") -> Found:
        limited = f"<D:limit><D:nresults>{limit}</D:nresults></D:limit>" if limit else ""
        inner = f"<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>{limited}"
        return await self.report(path or self.book, "D:sync-collection", f"{inner}<D:prop><D:getetag/></D:prop>")


def condition(answer: httpx.Response) -> str:
    """The rule that a refusal names."""
    return etree.QName(etree.fromstring(answer.content)[0]).localname


def basic(address: str, password: str = PASSWORD) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{address}:{password}".encode()).decode()}


def client_of(http: httpx.AsyncClient, person: Person) -> Client:
    address = person.account.address
    return Client(http, address, {"authorization": f"Bearer {person.session.access_token}"})


@pytest.fixture
def revocations(stack: Stack) -> Revocations:
    """What the gateway knows of ended sessions; a test tells it what directory lists."""
    return Revocations(lambda since: list_revocations(stack.directory, since))


@pytest.fixture
async def http(stack: Stack, authority: Authority, revocations: Revocations) -> AsyncIterator[httpx.AsyncClient]:
    own = authority.of("gateway")
    settings = Settings(
        tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2,
        http_listen="127.0.0.1:0", account_rate=100_000,
    )  # fmt: skip
    ports = {name: stack.server.port if name == "directory" else 9 for name in CONTRACTS}
    clients = {name: RpcClient(settings, name, f"127.0.0.1:{port}", services(name)) for name, port in ports.items()}

    async def keys() -> list[dict[str, str]]:
        found = await stack.directory.keys.all()
        return [{"kid": key.kid, "kty": "OKP", "crv": "Ed25519", "x": key.x} for key in found]

    channels = {name: client.channel for name, client in clients.items()}
    verifier = TokenVerifier(keys, revocations)
    server = HttpServer(settings, lambda: build_app(settings, channels, verifier, revocations, Silent()))
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as client:
        yield client
    await server.drain()
    await server.stop()
    for each in clients.values():
        await each.stop()


@pytest.fixture
async def agent(http: httpx.AsyncClient, land: Land) -> Client:
    return client_of(http, land.economy_agent)


@pytest.fixture
async def stranger(http: httpx.AsyncClient, land: Land) -> Client:
    return client_of(http, land.health_agent)


__all__ = ["Client", "Found", "administrator", "basic", "client_of", "condition", "land", "pb"]
