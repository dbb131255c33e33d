"""The demo's administration: two ministries with their offices, and accounts named by role. Repeatable.

Everything goes the way of an operator: by directory's rpcs.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import domains_pb2

from chassis.errors import AlreadyExists, PreconditionFailed, Unavailable
from chassis.identity import Identity, acting_as
from cli.connection import Connection, connected
from cli.tree import Tree, names_of
from deploy.local.keys import Keys
from deploy.local.layout import CannotStart

DIGITAL = "Ministère de l'Économie numérique"
FINANCE = "Ministère des Finances"
# Only their own accounts may have addresses in them.
MAIL_DOMAINS = {DIGITAL: "numerique.gouv.tg", FINANCE: "finances.gouv.tg"}
NATIONAL = "administrateur@gouv.tg"
ROLES = {
    "administrator": pb.ROLE_ADMINISTRATOR,
    "help_desk": pb.ROLE_HELP_DESK,
    "auditor": pb.ROLE_AUDITOR,
}


@dataclass(frozen=True)
class Demo:
    """A demo account; `role` is what var/local.json says of it."""

    address: str
    name: str
    unit: str
    role: str


ACCOUNTS = (
    Demo("administrateur@numerique.gouv.tg", "Administrateur du Numérique", DIGITAL, "administrator"),
    Demo("assistance@numerique.gouv.tg", "Assistance du Numérique", f"{DIGITAL}/Direction des Services", "help_desk"),
    Demo("audit@numerique.gouv.tg", "Audit national", DIGITAL, "auditor"),
    Demo("directeur@numerique.gouv.tg", "Directeur des Services", f"{DIGITAL}/Direction des Services", "director"),
    Demo("agent1@numerique.gouv.tg", "Agent 1 du Numérique", f"{DIGITAL}/Direction des Services/Bureau 1", "agent"),
    Demo("agent2@numerique.gouv.tg", "Agent 2 du Numérique", f"{DIGITAL}/Direction des Services/Bureau 1", "agent"),
    Demo("administrateur@finances.gouv.tg", "Administrateur des Finances", FINANCE, "administrator"),
    Demo("directeur@finances.gouv.tg", "Directeur du Budget", f"{FINANCE}/Direction du Budget", "director"),
    Demo("agent1@finances.gouv.tg", "Agent 1 des Finances", f"{FINANCE}/Direction du Budget/Bureau 1", "agent"),
)


async def seed(keys: Keys, seconds: float = 60) -> None:
    """Bring directory to what the demo shows. Raises `CannotStart`."""
    until = time.monotonic() + seconds
    while True:
        try:
            await _seed(keys)
            return
        except Unavailable as error:
            if time.monotonic() > until:
                raise CannotStart(f"seeding: {error}") from error
            await asyncio.sleep(0.3)


async def _seed(keys: Keys) -> None:
    async with connected(anonymous=True) as directory:
        first = pb.CreateFirstAdministratorRequest(
            secret=keys.word("first-administrator"),
            address=NATIONAL,
            password=keys.password(NATIONAL),
            display_name="Administrateur national",
        )
        with suppress(PreconditionFailed):  # an earlier start made it
            await directory.accounts.CreateFirstAdministrator(first)
        login = pb.CreateSessionRequest(address=NATIONAL, password=keys.password(NATIONAL))
        token = (await directory.sessions.CreateSession(login)).access_token
        now = datetime.now(UTC)
        with acting_as(Identity("", "", "", issued_at=now, expires_at=now, token=token)):
            await _open(directory, keys)
            await _give_domains(directory)
            await _appoint(directory)


async def _open(directory: Connection, keys: Keys) -> None:
    tree = Tree(directory)
    for demo in ACCOUNTS:
        account = pb.Account(address=demo.address, display_name=demo.name, unit_id=await _unit(tree, demo.unit))
        request = pb.CreateAccountRequest(account=account, password=keys.password(demo.address))
        with suppress(AlreadyExists):
            await directory.accounts.CreateAccount(request)


async def _unit(tree: Tree, path: str) -> str:
    """The id of a unit, opened with all that is missing above it."""
    names = names_of(path)
    kinds = (pb.UNIT_KIND_MINISTRY, pb.UNIT_KIND_DIRECTORATE, pb.UNIT_KIND_OFFICE)
    parent = ""
    for depth, kind in zip(range(1, len(names) + 1), kinds, strict=False):
        unit = await tree.find(names[:depth])
        parent = unit.id if unit is not None else (await tree.make(names[depth - 1], kind, parent)).id
    return parent


async def _give_domains(directory: Connection) -> None:
    tree = Tree(directory)
    for ministry, name in MAIL_DOMAINS.items():
        domain = domains_pb2.MailDomain(name=name, unit_id=await tree.unit_id(ministry))
        with suppress(AlreadyExists):
            await directory.domains.CreateDomain(domains_pb2.CreateDomainRequest(domain=domain))


async def _appoint(directory: Connection) -> None:
    """A ministry's administrator administers it, its help desk helps it; the auditor reads the whole log."""
    ministries = {ministry: await Tree(directory).unit_id(ministry) for ministry in MAIL_DOMAINS}
    for demo in ACCOUNTS:
        if demo.role not in ROLES:
            continue
        found = await directory.accounts.ListAccounts(pb.ListAccountsRequest(address=demo.address))
        account = found.accounts[0]
        if account.roles:
            continue
        over = "" if demo.role == "auditor" else ministries[names_of(demo.unit)[0]]
        grant = pb.RoleGrant(role=ROLES[demo.role], unit_id=over)
        changed = pb.Account(id=account.id, roles=[grant])
        request = pb.UpdateAccountRequest(account=changed, update_mask=FieldMask(paths=["roles"]))
        await directory.accounts.UpdateAccount(request)
