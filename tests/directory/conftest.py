"""Directory as it runs: its real gRPC server over mutual TLS, on the embedded database, with a clock to set."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from joserfc.jws import extract_compact
from workspace.directory.v1 import addressbook_pb2_grpc as addressbook_rpc
from workspace.directory.v1 import (
    approvals_pb2_grpc,
    audit_pb2_grpc,
    contacts_pb2_grpc,
    credentials_pb2_grpc,
    domains_pb2,
    domains_pb2_grpc,
    functions_pb2_grpc,
    groups_pb2_grpc,
    jobs_pb2_grpc,
    letters_pb2_grpc,
    life_pb2_grpc,
    openid_pb2_grpc,
    organisation_pb2_grpc,
    photos_pb2_grpc,
    provisioning_pb2_grpc,
    recovery_pb2_grpc,
)
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import directory_pb2_grpc as rpc
from workspace.directory.v1.events_pb2 import ActRecorded

from chassis.documents import Database, QueryRecorder, connect
from chassis.documents.connect import close
from chassis.events import fact_as, parse_envelope
from chassis.ids import new_id
from chassis.rpc import RpcClient, RpcServer
from deploy.local.certificates import Authority
from deploy.local.standins import ObjectStore
from gateway.upstreams import services
from services.directory import bootstrap
from services.directory.events import DirectoryEvents
from services.directory.settings import Settings
from services.directory.store import INDEXES, OUTBOXES
from services.directory.usecases.context import Directory
from tests.databases import Databases

SECRET = "the secret of this installation"
PASSWORD = "correct horse battery"
# The discard service's port, where nothing listens.
NO_OBJECTS = ObjectStore("127.0.0.1:9", "key", "secret")
SERVICE_KEYS = "k1:" + "A" * 43 + "="


class Clock:
    """The present, as the test moves it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        now = datetime.now(UTC) + self.ahead
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def pass_by(self, **span: float) -> None:
        self.ahead += timedelta(**span)


@dataclass
class Caller:
    """A process that calls directory, under the certificate of a name."""

    client: RpcClient
    sessions: Any = field(init=False)
    accounts: Any = field(init=False)
    units: Any = field(init=False)
    openid: Any = field(init=False)
    clients: Any = field(init=False)
    audit: Any = field(init=False)
    jobs: Any = field(init=False)
    departures: Any = field(init=False)
    personal: Any = field(init=False)
    people: Any = field(init=False)
    contacts: Any = field(init=False)
    groups: Any = field(init=False)
    organisation: Any = field(init=False)
    credentials: Any = field(init=False)
    provisioning: Any = field(init=False)
    functions: Any = field(init=False)
    photos: Any = field(init=False)
    domains: Any = field(init=False)
    recovery: Any = field(init=False)
    approvals: Any = field(init=False)
    letters: Any = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = rpc.SessionServiceStub(self.client.channel)
        self.accounts = rpc.AccountServiceStub(self.client.channel)
        self.units = rpc.UnitServiceStub(self.client.channel)
        self.openid = openid_pb2_grpc.OpenIdServiceStub(self.client.channel)
        self.clients = openid_pb2_grpc.ClientServiceStub(self.client.channel)
        self.personal = life_pb2_grpc.PersonalDataServiceStub(self.client.channel)
        self.departures = life_pb2_grpc.DepartureServiceStub(self.client.channel)
        self.jobs = jobs_pb2_grpc.JobServiceStub(self.client.channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(self.client.channel)
        self.people = addressbook_rpc.AddressBookServiceStub(self.client.channel)
        self.contacts = contacts_pb2_grpc.ContactServiceStub(self.client.channel)
        self.functions = functions_pb2_grpc.FunctionServiceStub(self.client.channel)
        self.approvals = approvals_pb2_grpc.ApprovalServiceStub(self.client.channel)
        self.domains = domains_pb2_grpc.DomainServiceStub(self.client.channel)
        self.organisation = organisation_pb2_grpc.OrganisationServiceStub(self.client.channel)
        self.groups = groups_pb2_grpc.GroupServiceStub(self.client.channel)
        self.credentials = credentials_pb2_grpc.CredentialServiceStub(self.client.channel)
        self.photos = photos_pb2_grpc.PhotoServiceStub(self.client.channel)
        self.letters = letters_pb2_grpc.LetterServiceStub(self.client.channel)
        self.recovery = recovery_pb2_grpc.RecoveryServiceStub(self.client.channel)
        self.provisioning = provisioning_pb2_grpc.ProvisioningServiceStub(self.client.channel)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


@dataclass
class Person:
    """Somebody logged in."""

    account: pb.Account
    session: pb.Session

    @property
    def said(self) -> dict[str, Any]:
        """What goes with each of their calls."""
        return {"metadata": bearer(self.session.access_token)}


@dataclass
class Stack:
    """Directory and who calls it."""

    settings: Callable[[str], Settings]
    database: Database
    directory: Directory
    server: RpcServer
    recorder: QueryRecorder
    clock: Clock
    gateway: Caller
    mail: Caller
    cli: Caller

    async def log_in(self, address: str, password: str = PASSWORD, remote: str = "") -> pb.Session:
        request = pb.CreateSessionRequest(address=address, password=password)
        metadata = (("workspace-remote-address", remote),) if remote else ()
        return await self.gateway.sessions.CreateSession(request, metadata=metadata)

    async def verify(self, address: str, password: str = PASSWORD, remote: str = "") -> Any:
        request = pb.VerifyPasswordRequest(address=address, password=password, protocol="imap", remote_address=remote)
        return await self.mail.sessions.VerifyPassword(request)

    async def first_administrator(self) -> Person:
        account = await self.cli.accounts.CreateFirstAdministrator(
            pb.CreateFirstAdministratorRequest(
                secret=SECRET, address="admin@gouv.tg", password=PASSWORD, display_name="Administrateur national"
            )
        )
        return Person(account, await self.log_in("admin@gouv.tg"))

    async def unit(self, by: Person, name: str, kind: int, parent: str = "") -> pb.Unit:
        unit = pb.Unit(name=name, kind=kind, parent_id=parent)
        return await self.cli.units.CreateUnit(pb.CreateUnitRequest(unit=unit), **by.said)

    async def owning(self, by: Person, unit: str, name: str, *administrators: str) -> domains_pb2.MailDomain:
        """A mail domain given to a unit."""
        domain = domains_pb2.MailDomain(name=name, unit_id=unit, administrator_ids=administrators)
        return await self.cli.domains.CreateDomain(domains_pb2.CreateDomainRequest(domain=domain), **by.said)

    async def person(self, by: Person, address: str, unit: str = "", administers: str | None = None) -> Person:
        roles = [] if administers is None else [pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=administers)]
        account = pb.Account(address=address, display_name=address.partition("@")[0], unit_id=unit, roles=roles)
        request = pb.CreateAccountRequest(account=account, password=PASSWORD)
        made = await self.cli.accounts.CreateAccount(request, **by.said)
        return Person(made, await self.log_in(address))

    async def update(self, by: Person, account: pb.Account, *fields: str) -> pb.Account:
        request = pb.UpdateAccountRequest(account=account, update_mask=FieldMask(paths=fields))
        return await self.cli.accounts.UpdateAccount(request, **by.said)

    async def keep_acts(self) -> None:
        """What the worker does with acts: into the audit log, however often it is told."""
        events = DirectoryEvents(self.directory)
        for collection in OUTBOXES:
            async for document in self.database[collection].find({"pending": 1}):
                envelopes = [parse_envelope(entry["body"]) for entry in document.get("outbox", [])]
                for envelope in envelopes:
                    if envelope.type == "act_recorded":
                        await events.keep_acts(fact_as(envelope, ActRecorded), envelope)

    async def acts(self, of: str) -> list[dict[str, Any]]:
        """All envelopes that wait in a document of `acts`."""
        document = await self.database["acts"].find_one({"_id": of})
        return [json.loads(entry["body"]) for entry in document["outbox"]]

    async def facts(self, collection: str, of: str) -> list[dict[str, Any]]:
        """The envelopes that wait in a document's outbox, but for those that only the audit log hears."""
        document = await self.database[collection].find_one({"_id": of})
        envelopes = [json.loads(entry["body"]) for entry in document.get("outbox", [])]
        told = [envelope for envelope in envelopes if envelope["type"] != "act_recorded"]
        return [{**envelope, "version": int(envelope["version"])} for envelope in told]


@asynccontextmanager
async def running(
    authority: Authority, databases: Databases, broker: str, objects: ObjectStore = NO_OBJECTS
) -> AsyncIterator[Stack]:
    """A stack on an empty database; without an object store, it is one whose object store is away."""
    async with (
        databases.lent("directory", INDEXES) as name,
        _running(authority, databases.url, name, broker, objects) as stack,
    ):
        yield stack


@asynccontextmanager
async def _running(
    authority: Authority, url: str, name: str, broker: str, objects: ObjectStore
) -> AsyncIterator[Stack]:
    common = Settings(
        tls_ca=authority.certificate, drain_seconds=1,
        mongodb_url=url, mongodb_database=name, broker_url=broker, service_keys=SERVICE_KEYS,
        s3_endpoint=objects.endpoint, s3_access_key=objects.access_key, s3_secret_key=objects.secret_key,
        bucket=f"test-{new_id().lower()}", first_administrator_secret=SECRET, protocol_own_password=True,
        password_failure_seconds=0,
    )  # fmt: skip

    def settings(service: str) -> Settings:
        own = authority.of(service)
        return common.model_copy(update={"tls_certificate": own.certificate, "tls_key": own.key})

    recorder, clock = QueryRecorder(), Clock()
    database = connect(url, name, listeners=[recorder])
    directory = bootstrap.wire(settings("directory"), database, clock)
    await directory.keys.turn(clock())
    _, server = bootstrap.serving(settings("directory"), directory, database)
    await server.start()
    descriptors = services("directory")
    clients = [
        RpcClient(settings(who), "directory", f"127.0.0.1:{server.port}", descriptors)
        for who in ("gateway", "mail", "cli")
    ]
    yield Stack(settings, database, directory, server, recorder, clock, *map(Caller, clients))
    for client in clients:
        await client.stop()
    await server.stop()
    await directory.phonebook.stop()
    directory.hasher.close()
    await close(database)


@pytest.fixture
async def stack(authority: Authority, databases: Databases, broker_url: str) -> AsyncIterator[Stack]:
    async with running(authority, databases, broker_url) as whole:
        yield whole


@pytest.fixture
async def administrator(stack: Stack) -> Person:
    return await stack.first_administrator()


@dataclass
class Land:
    """Two ministries with a mail domain each, an administrator and an agent in each."""

    economy: pb.Unit
    treasury: pb.Unit
    health: pb.Unit
    economy_administrator: Person
    economy_agent: Person
    health_administrator: Person
    health_agent: Person


@pytest.fixture
async def land(stack: Stack, administrator: Person) -> Land:
    economy = await stack.unit(administrator, "Économie", pb.UNIT_KIND_MINISTRY)
    health = await stack.unit(administrator, "Santé", pb.UNIT_KIND_MINISTRY)
    treasury = await stack.unit(administrator, "Trésor", pb.UNIT_KIND_DIRECTORATE, economy.id)
    await stack.owning(administrator, economy.id, "economie.gouv.tg")
    await stack.owning(administrator, health.id, "sante.gouv.tg")
    return Land(
        economy, treasury, health,
        await stack.person(administrator, "admin@economie.gouv.tg", economy.id, economy.id),
        await stack.person(administrator, "agent@economie.gouv.tg", treasury.id),
        await stack.person(administrator, "admin@sante.gouv.tg", health.id, health.id),
        await stack.person(administrator, "agent@sante.gouv.tg", health.id),
    )  # fmt: skip


def header(token: str) -> dict[str, Any]:
    return dict(extract_compact(token.encode()).protected)
