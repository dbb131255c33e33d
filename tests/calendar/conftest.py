"""Calendar on the embedded database: its use cases, its api by real gRPC, and the gateway before it."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.documents import QueryRecorder, connect, scans
from chassis.documents.connect import close
from chassis.identity import ALGORITHM, AUDIENCE, ISSUER, Identity, Revocations, TokenVerifier
from chassis.people import INDEXES as PEOPLE_INDEXES
from chassis.rpc import RpcClient, RpcServer
from deploy.local.certificates import Authority
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings as GatewaySettings
from gateway.upstreams import CONTRACTS, services
from services.calendar import bootstrap
from services.calendar.api import servicers
from services.calendar.settings import Settings
from services.calendar.store import INDEXES
from services.calendar.usecases.list_calendars import list_calendars
from tests.calendar.office import Clock, Office
from tests.calendar.resources.asking import Rooms, administrator_of
from tests.databases import Databases
from tests.directory.doors import Silent


@pytest.fixture
def calendar_settings() -> Settings:
    """Without an object store."""
    return Settings(s3_endpoint="127.0.0.1:9", service_keys=f"k1:{'A' * 43}=")


@pytest.fixture
async def office(databases: Databases, calendar_settings: Settings) -> AsyncIterator[Office]:
    """The service, every query of which has to have an index."""
    recorder, clock = QueryRecorder(), Clock()
    async with databases.lent("calendar", (*INDEXES, *PEOPLE_INDEXES)) as name:
        database = connect(databases.url, name, listeners=[recorder])
        wired = bootstrap.wire(calendar_settings, clock, database)
        unwatched = connect(databases.url, name)
        yield Office(wired.agenda, unwatched, wired.people, clock)
        unindexed = await scans(database, recorder)
        await close(unwatched)
        await close(database)
    # Blobs are the chassis' own collection.
    assert [shape for shape in unindexed if not shape.startswith("blobs ")] == []


@pytest.fixture
async def agent(office: Office) -> Identity:
    return await office.agent("agent1")


@pytest.fixture
async def colleague(office: Office) -> Identity:
    """Of the same office."""
    return await office.agent("agent2")


@pytest.fixture
async def third(office: Office) -> Identity:
    """Of the same office too."""
    return await office.agent("agent3")


@pytest.fixture
async def home(office: Office, agent: Identity) -> str:
    """The agent's first calendar."""
    return (await list_calendars(office.agenda, agent))[0].calendar.id


@pytest.fixture
async def rooms(office: Office) -> Rooms:
    """Rooms of the agent's office, whose administrator set them up."""
    return Rooms(office, await office.agent("chef", grants=administrator_of("ministry")))


@pytest.fixture
async def head(office: Office) -> str:
    """The account that administers the ministry, as directory tells of it."""
    account = AccountFact(
        account_id="acc-head", address="direction@numerique.gouv.tg", display_name="Direction", unit_id="ministry",
        unit_path=["ministry"], administers=["ministry"],
    )  # fmt: skip
    await office.people.told(account, 50, office.clock())
    return "acc-head"


@pytest.fixture
async def stranger(office: Office) -> Identity:
    """Of another ministry."""
    return await office.agent("agent1", domain="sante.gouv.tg", unit_path=("health",))


Said = Callable[[Identity], dict[str, str]]


@dataclass
class Api:
    """The service by gRPC, and tokens as directory signs them."""

    port: int
    channel: Any
    verifier: TokenVerifier
    token: Callable[[Identity], str]

    def said(self, who: Identity) -> dict[str, Any]:
        """What goes with each of somebody's calls."""
        return {"metadata": (("authorization", f"Bearer {self.token(who)}"),)}


@pytest.fixture
async def api(office: Office, authority: Authority) -> AsyncIterator[Api]:
    def settings(name: str) -> Settings:
        own = authority.of(name)
        return Settings(tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=1)

    key = OKPKey.generate_key("Ed25519", {"kid": "k1"}, private=True)

    async def keys() -> list[dict[str, Any]]:
        return [dict(key.as_dict(private=False))]

    def token(who: Identity) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": who.account_id, "sid": who.session_id, "iat": now, "exp": now + 900,
            "address": who.address, "aliases": list(who.aliases), "name": who.name, "unit": list(who.unit_path),
            "roles": [{"role": each.role, "unit": each.unit} for each in who.grants],
        }  # fmt: skip
        return jwt.encode({"alg": ALGORITHM, "kid": "k1"}, claims, key, algorithms=[ALGORITHM])

    verifier = TokenVerifier(keys)
    server = RpcServer(settings("calendar"), verifier, servicers(office.agenda, office.units))
    await server.start()
    client = RpcClient(settings("gateway"), "calendar", f"127.0.0.1:{server.port}", services("calendar"))
    yield Api(server.port, client.channel, verifier, token)
    await client.stop()
    await server.drain()
    await server.stop()


@pytest.fixture
def said(api: Api) -> Said:
    """The header fields of somebody's requests."""
    return lambda who: {"authorization": f"Bearer {api.token(who)}"}


@pytest.fixture
async def http(api: Api, authority: Authority) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway on a real socket before the calendar service; directory is away. Requests bear `api.token(who)`."""
    own = authority.of("gateway")
    settings = GatewaySettings(
        tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=1,
        http_listen="127.0.0.1:0", account_rate=100_000,
    )  # fmt: skip
    ports = {name: api.port if name == "calendar" else 9 for name in CONTRACTS}
    clients = {name: RpcClient(settings, name, f"127.0.0.1:{port}", services(name)) for name, port in ports.items()}
    channels = {name: client.channel for name, client in clients.items()}

    async def nobody(since: Any) -> list[Any]:
        return []

    revocations = Revocations(nobody)  # type: ignore[arg-type]
    server = HttpServer(settings, lambda: build_app(settings, channels, api.verifier, revocations, Silent()))
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as client:
        yield client
    await server.drain()
    await server.stop()
    for each in clients.values():
        await each.stop()
