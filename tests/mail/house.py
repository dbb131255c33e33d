"""The mail service as tests hold it: its context, and directory's and the queue's side in the test's own hands."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.documents import QueryRecorder
from chassis.errors import NotFound, WorkspaceError
from chassis.people import Person
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Delivery, Outcome, Recipient
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Content
from services.mail.domain.uids import ALL
from services.mail.usecases import Mail, append, copy, deliver, find_mailbox, open_source, source_of, store_source


@dataclass
class KnownPeople:
    """Addresses that mail heard of, and those that only directory knows; directory may be away."""

    heard: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    away: WorkspaceError | None = None
    asked: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    stands: dict[str, Whereabouts] = field(default_factory=dict)
    units: dict[str, Whereabouts] = field(default_factory=dict)
    mail_domains: dict[str, str] = field(default_factory=dict)
    persons: list[Person] = field(default_factory=list)

    async def bears(self, name: str) -> bool:
        return name in self.names

    async def unit(self, unit_id: str) -> Whereabouts:
        """Directory's, of units."""
        if unit_id not in self.units:
            raise NotFound("No such unit")
        return self.units[unit_id]

    async def unit_of_domain(self, domain: str) -> str:
        """Directory's, of mail domains."""
        if domain not in self.mail_domains:
            raise NotFound("No such domain")
        return self.mail_domains[domain]

    async def whereabouts(self, account_id: str) -> Whereabouts | None:
        return self.stands.get(account_id)

    async def by_ids(self, account_ids: Sequence[str]) -> list[Person]:
        return [each for each in self.persons if each.account_id in account_ids]

    async def page(self, unit_id: str, after: str, count: int) -> list[Person]:
        within = [each for each in self.persons if not unit_id or unit_id in each.unit_path]
        return sorted((each for each in within if each.account_id > after), key=lambda each: each.account_id)[:count]

    async def administrators(self, unit_path: Sequence[str]) -> list[Person]:
        return [each for each in self.persons if {*unit_path, ""} & set(each.administers)]

    async def by_address(self, address: str) -> Recipient | None:
        return Recipient(self.heard[address], address) if address in self.heard else None

    async def account_of(self, address: str) -> str | None:
        return self.heard.get(address)

    async def addresses(self, account_ids: Sequence[str]) -> dict[str, str]:
        there = set(account_ids) - self.suspended
        return {account: address for address, account in self.heard.items() if account in there}

    async def resolve(self, address: str) -> Recipient:
        self.asked.append(address)
        if self.away:
            raise self.away
        if address not in self.known:
            raise NotFound("No such address")
        return Recipient(self.known[address], address)


@dataclass
class Queued:
    """What was handed over for other domains."""

    entries: list[dict[str, Any]] = field(default_factory=list)

    async def enqueue(self, **entry: Any) -> None:
        self.entries.append(entry)

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        return {entry["blob"] for entry in self.entries} & set(addresses)


@dataclass
class Clock:
    """Moves only when a test moves it; starts now, since the database removes marks by its own clock."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


@dataclass
class House:
    """The service under test and its neighbours."""

    mail: Mail
    database: Any
    recorder: QueryRecorder
    people: KnownPeople
    queued: Queued
    clock: Clock
    nudges: list[tuple[str, Any]]

    async def content(self, source: bytes) -> Content:
        return await store_source(self.mail, chunked(source))

    async def deliver(
        self, source: bytes, *owners: str, sender: str = "a@example.org", prefix: bytes = b""
    ) -> list[Outcome]:
        deliveries = [Delivery(Recipient(owner, f"{owner}@gouv.tg"), prefix) for owner in owners]
        return await deliver(self.mail, sender=sender, content=await self.content(source), deliveries=deliveries)

    async def box(self, owner: str, name: str = "INBOX") -> Mailbox:
        return await find_mailbox(self.mail, owner, name)

    async def fill(self, owner: str, doublings: int, source: bytes | None = None) -> Mailbox:
        """INBOX with two to the power of `doublings` messages, which are copies of one."""
        box = await self.box(owner)
        await append(self.mail, owner, box.id, await self.content(source or letter("Copy")))
        for _ in range(doublings):
            await copy(self.mail, owner, box.id, ALL, box.id)
        return await self.box(owner)

    async def read(self, owner: str, message_id: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A message's octets."""
        source = await source_of(self.mail, owner, message_id)
        return b"".join([piece async for piece in open_source(self.mail, source, offset=offset, length=length)])

    async def check_usages(self) -> None:
        """What an account is said to keep is what it has."""
        async for usage in self.database["usages"].find({}):
            boxes = (
                await self.database["mailboxes"].find({"owner": usage["_id"], "name": {"$gt": "\x1f"}}).to_list(None)
            )
            assert usage["octets"] == sum(box["size"] for box in boxes), usage["_id"]
            assert usage["messages"] == sum(box["messages"] for box in boxes), usage["_id"]
        await self.check_pools()

    async def check_pools(self) -> None:
        """What a unit lent is what its accounts borrowed."""
        async for unit in self.database["allotments"].find({"pool": {"$exists": True}}):
            unit_id = unit["_id"].removeprefix("unit ")
            borrowers = await self.database["usages"].find({"pools": unit_id}).to_list(None)
            assert unit["pool"]["lent"] == sum(each["borrowed"] for each in borrowers), unit_id

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        """Facts of a type that wait to be published, wherever they are."""
        found = []
        for collection in (
            "messages", "mailboxes", "tombstones", "submissions", "usages", "allotments", "tallies", "notices",
            "leaving_policies", "matters", "list_policies", "retention_policies", "receipt_policies", "journals",
            "delegations", "scripts",
        ):  # fmt: skip
            async for document in self.database[collection].find({"pending": 1}):
                found.extend(entry for entry in document["outbox"] if entry["type"] == kind)
        return found


async def chunked(source: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(source), size):
        yield source[start : start + size]


def letter(subject: str = "Note", body: str = "Bonjour.", **fields: str) -> bytes:
    """A plain message."""
    header = {
        "From": "Agent 1 <agent1@numerique.gouv.tg>",
        "To": "agent2@sante.gouv.tg",
        "Date": "Mon, 02 Mar 2026 09:30:00 +0100",
        "Message-ID": f"<{subject.replace(' ', '.')}@numerique.gouv.tg>",
        "Subject": subject,
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    lines = [f"{name}: {value}" for name, value in header.items() if value]
    return "\r\n".join([*lines, "", body, ""]).encode()
