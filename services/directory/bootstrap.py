"""How directory is put together; the only place that does."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from workspace.directory.v1 import addressbook_pb2_grpc as addressbook_rpc
from workspace.directory.v1 import (
    approvals_pb2_grpc,
    audit_pb2_grpc,
    contacts_pb2_grpc,
    credentials_pb2_grpc,
    domains_pb2_grpc,
    functions_pb2_grpc,
    groups_pb2_grpc,
    jobs_pb2_grpc,
    letters_pb2_grpc,
    life_pb2_grpc,
    openid_pb2_grpc,
    organisation_pb2_grpc,
    photos_pb2_grpc,
    protocols_pb2_grpc,
    recovery_pb2_grpc,
)
from workspace.directory.v1 import directory_pb2_grpc as rpc
from workspace.directory.v1 import provisioning_pb2_grpc as provisioning_rpc

from chassis.blobs import BlobStore, Bucket, KeyRing, LateBucketPart, Sweeper, connect_objects
from chassis.documents import Database, DocumentsPart, connect
from chassis.events import INDEXES as EVENT_INDEXES
from chassis.events import Dispatcher, Listener, WorkerPart
from chassis.events.announcing import Announcements
from chassis.events.deadletter_service import dead_letter_service
from chassis.identity import ALGORITHM, Revocations, TokenVerifier
from chassis.lifecycle import Process
from chassis.part import Part
from chassis.revocation_feed import RevocationFeed
from chassis.rpc import RpcServer
from chassis.settings import host_port
from chassis.tls import public_context
from services.directory import store
from services.directory.api import (
    AccountServicer,
    AddressBookServicer,
    ApprovalServicer,
    AuditServicer,
    ClientServicer,
    ContactServicer,
    CredentialServicer,
    DepartureServicer,
    DomainServicer,
    FunctionServicer,
    GroupServicer,
    JobServicer,
    LetterServicer,
    OpenIdServicer,
    OrganisationServicer,
    PersonalDataServicer,
    PhotoServicer,
    ProtocolServicer,
    ProvisioningServicer,
    RecoveryServicer,
    SessionServicer,
    UnitServicer,
)
from services.directory.client_events import ClientEvents
from services.directory.cookies import Cookies
from services.directory.domain.accounts import Account
from services.directory.domain.keys import Schedule
from services.directory.events import DirectoryEvents
from services.directory.hashing import PasswordHasher
from services.directory.ldap.ports import Options as LdapOptions
from services.directory.ldap.server import LdapServer
from services.directory.letter_events import LetterEvents
from services.directory.mailing import mailing_of
from services.directory.openid import openid_of
from services.directory.phonebook import Phonebook
from services.directory.photos import Photos
from services.directory.refreshing import RefreshTokens
from services.directory.refusals import Refusals
from services.directory.remembered import RememberedPasswords
from services.directory.sealing import Sealer
from services.directory.settings import Settings
from services.directory.signing import SigningKeys
from services.directory.usecases.context import Directory, utc_now
from services.directory.usecases.list_revocations import list_revocations
from services.directory.usecases.read_photo import read_photo
from services.directory.usecases.recheck_connection import recheck_connection
from services.directory.usecases.verify_password import Verified, verify_password
from services.directory.witness import Witness


class SigningPart(Part):
    """There is a key to sign with before anybody can log in."""

    name = "signing"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def start(self) -> None:
        await self._directory.keys.turn(self._directory.clock())
        await self._directory.openid.turn_keys(self._directory.clock())

    async def stop(self) -> None:
        self._directory.hasher.close()


class HasherPart(Part):
    """The threads of a process that verifies passwords and signs nothing."""

    name = "hasher"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def stop(self) -> None:
        self._directory.hasher.close()


def bucket_of(settings: Settings) -> Bucket:
    return Bucket(connect_objects(settings), settings.bucket)


def wire(settings: Settings, database: Database, clock: Callable[[], datetime] = utc_now) -> Directory:
    """The context of the use cases, on a database."""
    sealer = Sealer(settings.service_keys.get_secret_value())
    schedule = Schedule(timedelta(days=settings.signing_key_days))
    tree = store.TreeStore(database)
    accounts, units = store.AccountStore(database, tree), store.UnitStore(database, tree)
    groups, functions = store.GroupStore(database, accounts, tree), store.FunctionStore(database, accounts, tree)
    blobs, bucket, ring = database["blobs"], bucket_of(settings), KeyRing.of(settings)
    domains = store.DomainStore(database, tree)
    return Directory(
        tree=tree,
        domains=domains,
        approvals=store.ApprovalStore(database),
        moves=store.MoveStore(database, tree, domains),
        groups=groups,
        functions=functions,
        accounts=accounts,
        units=units,
        sessions=store.SessionStore(database),
        tries=store.TriesStore(database),
        factors=store.FactorStore(database),
        app_passwords=store.AppPasswordStore(database),
        one_time=store.OneTimeStore(database),
        batches=store.BatchStore(database),
        spent=store.SpentStore(database),
        installation=store.InstallationStore(database, accounts),
        acts=store.ActStore(database),
        audit=store.AuditStore(database),
        jobs=store.JobStore(database),
        erasure=store.ErasureStore(database),
        personal=store.PersonalStore(database),
        departed_kept=timedelta(days=settings.departed_days),
        witness=Witness(sealer),
        keys=SigningKeys(store.KeyStore(database), sealer, schedule, policy=settings.policy),
        refresh_tokens=RefreshTokens(sealer),
        cookies=Cookies(sealer),
        sealer=sealer,
        hasher=PasswordHasher(settings.password_threads, settings.password_queue),
        address_books=store.AddressBookStore(database),
        contacts=store.ContactStore(database),
        photos=Photos(store.PhotoStore(database), BlobStore(blobs, bucket, ring), Sweeper(blobs, bucket, ring)),
        remembered=RememberedPasswords(settings.password_memory_seconds),
        mailing=mailing_of(settings, database),
        openid=openid_of(settings, database, accounts, sealer, schedule),
        policy=settings.policy,
        phonebook=Phonebook(accounts, groups, functions, tree, store.ChangeStore(database)),
        first_administrator_secret=settings.first_administrator_secret.get_secret_value(),
        clock=clock,
    )


def serving(settings: Settings, directory: Directory, database: Database) -> tuple[Revocations, RpcServer]:
    """The gRPC server of the api, and the revocations that its guard asks. Directory verifies with its own keys."""

    async def keys() -> Sequence[Mapping[str, Any]]:
        return [{**key, "alg": ALGORITHM} for key in await directory.keys.public()]

    async def announce(queue: str) -> None:
        request = {"queue": queue, "types": ["account_created"]}
        await announcements.asked(json.dumps(request).encode("ascii"))

    # The api writes requests down where the worker finds those that came by the broker.
    announcements = Announcements("directory", database, settings.broker_url, [DirectoryEvents(directory)])
    revocations = Revocations(lambda since: list_revocations(directory, since))
    server = RpcServer(
        settings,
        TokenVerifier(keys, revocations),
        [
            (rpc.add_SessionServiceServicer_to_server, SessionServicer(directory)),
            (rpc.add_AccountServiceServicer_to_server, AccountServicer(directory, announce)),
            (rpc.add_UnitServiceServicer_to_server, UnitServicer(directory)),
            (approvals_pb2_grpc.add_ApprovalServiceServicer_to_server, ApprovalServicer(directory)),
            (domains_pb2_grpc.add_DomainServiceServicer_to_server, DomainServicer(directory)),
            (functions_pb2_grpc.add_FunctionServiceServicer_to_server, FunctionServicer(directory)),
            (organisation_pb2_grpc.add_OrganisationServiceServicer_to_server, OrganisationServicer(directory)),
            (groups_pb2_grpc.add_GroupServiceServicer_to_server, GroupServicer(directory)),
            (audit_pb2_grpc.add_AuditServiceServicer_to_server, AuditServicer(directory)),
            (life_pb2_grpc.add_PersonalDataServiceServicer_to_server, PersonalDataServicer(directory)),
            (life_pb2_grpc.add_DepartureServiceServicer_to_server, DepartureServicer(directory)),
            (jobs_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(directory)),
            (addressbook_rpc.add_AddressBookServiceServicer_to_server, AddressBookServicer(directory)),
            (photos_pb2_grpc.add_PhotoServiceServicer_to_server, PhotoServicer(directory)),
            (protocols_pb2_grpc.add_ProtocolServiceServicer_to_server, ProtocolServicer(directory)),
            (contacts_pb2_grpc.add_ContactServiceServicer_to_server, ContactServicer(directory)),
            (credentials_pb2_grpc.add_CredentialServiceServicer_to_server, CredentialServicer(directory)),
            (letters_pb2_grpc.add_LetterServiceServicer_to_server, LetterServicer(directory)),
            (recovery_pb2_grpc.add_RecoveryServiceServicer_to_server, RecoveryServicer(directory)),
            (openid_pb2_grpc.add_OpenIdServiceServicer_to_server, OpenIdServicer(directory)),
            (openid_pb2_grpc.add_ClientServiceServicer_to_server, ClientServicer(directory)),
            (provisioning_rpc.add_ProvisioningServiceServicer_to_server, ProvisioningServicer(directory)),
            dead_letter_service(database),
        ],
        refused=Refusals(directory).tell,
    )
    return revocations, server


async def api(settings: Settings) -> Process:
    """Answers questions by gRPC."""
    database = connect(settings.mongodb_url, settings.mongodb_database)
    directory = wire(settings, database)
    revocations, server = serving(settings, directory, database)
    documents = DocumentsPart(database, (*store.INDEXES, *EVENT_INDEXES))
    feed = RevocationFeed.alone(revocations, settings.broker_url)
    objects = LateBucketPart(bucket_of(settings))
    return Process(settings, documents, SigningPart(directory), objects, directory.phonebook, revocations, feed, server)


def listeners(directory: Directory) -> list[Listener]:
    """What the worker hosts; all under directory's own name."""
    return [DirectoryEvents(directory), ClientEvents(directory), LetterEvents(directory)]


async def worker(settings: Settings) -> Process:
    """Publishes facts, turns the signing keys, announces present state to newcomers."""
    database = connect(settings.mongodb_url, settings.mongodb_database)
    return Process(
        settings,
        DocumentsPart(database, (*store.INDEXES, *EVENT_INDEXES)),
        LateBucketPart(bucket_of(settings)),
        Dispatcher("directory", database, settings.broker_url, store.OUTBOXES),
        WorkerPart(
            settings.broker_url,
            database,
            *listeners(wire(settings, database)),
            retry_seconds=settings.event_retries,
        ),
    )


def ldap_server(settings: Settings, directory: Directory) -> LdapServer:
    """The LDAP listeners on the phonebook, whose changes end what has to end."""
    tls = None
    if settings.public_certificate is not None and settings.public_key is not None:
        tls = public_context(settings.public_certificate, settings.public_key)
    options = LdapOptions(
        base=settings.ldap_base,
        plain_login=settings.ldap_plain_login,
        starttls=tls is not None,
        size_limit=settings.ldap_size_limit,
        looked_at=settings.ldap_looked_at,
        connections=settings.ldap_connections,
        connections_per_address=settings.ldap_connections_per_address,
        connections_per_account=settings.ldap_connections_per_account,
    )

    async def verify(address: str, password: str, remote: str) -> Verified:
        return await verify_password(directory, address, password, "ldap", remote)

    async def recheck(account_id: str, stands_on: str, since: datetime) -> Account | None:
        return await recheck_connection(directory, account_id, stands_on, since)

    async def photo(account_id: str) -> bytes:
        return await read_photo(directory, account_id)

    server = LdapServer(
        verify,
        recheck,
        lambda: directory.phonebook.book,
        lambda: directory.phonebook.collectives,
        photo,
        options,
        tls=tls,
        listen=host_port(settings.ldap_listen),
        listen_tls=host_port(settings.ldaps_listen),
    )
    directory.phonebook.watch(server.written)
    return server


async def ldap(settings: Settings) -> Process:
    """Serves the address book to mail programs and applications."""
    database = connect(settings.mongodb_url, settings.mongodb_database)
    directory = wire(settings, database)
    documents = DocumentsPart(database, (*store.INDEXES, *EVENT_INDEXES))
    return Process(settings, documents, HasherPart(directory), directory.phonebook, ldap_server(settings, directory))
