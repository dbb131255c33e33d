"""The calendar service at work in a test: its context on the embedded database, people, and the time as a test moves
it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from workspace.directory.v1.events_pb2 import AccountFact

from chassis.documents import Database
from chassis.errors import NotFound
from chassis.events import Envelope, parse_envelope
from chassis.identity import Identity
from chassis.people import People
from services.calendar.store import WITH_FACTS
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.put_object import Kept, put_object
from services.calendar.usecases.read_objects import read_objects

DOMAIN = "numerique.gouv.tg"


class Clock:
    """The present, as the test moves it; it begins on a Monday morning."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


def event(
    uid: str = "e1",
    start: str = "20261130T090000Z",
    end: str = "20261130T100000Z",
    summary: str = "Réunion de service",
    *more: str,
) -> bytes:
    """An iCalendar object with one VEVENT; `more` are further lines of it."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//gouv.tg//essai//FR", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20261101T080000Z", _time("DTSTART", start), _time("DTEND", end), f"SUMMARY:{summary}", *more,
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def _time(name: str, value: str) -> str:
    """`Africa/Lome:20261130T090000`, `20261130`, or what stands by itself."""
    zone, colon, moment = value.rpartition(":")
    if colon:
        return f"{name};TZID={zone}:{moment}"
    return f"{name};VALUE=DATE:{value}" if len(value) == 8 else f"{name}:{value}"


class Units:
    """Directory, as far as it knows the units of tests."""

    def __init__(self) -> None:
        self.paths: dict[str, tuple[str, ...]] = {
            "ministry": ("ministry",),
            "office": ("ministry", "office"),
            "health": ("health",),
        }

    async def path(self, unit_id: str) -> tuple[str, ...]:
        if unit_id not in self.paths:
            raise NotFound
        return self.paths[unit_id]


@dataclass
class Office:
    """The service, and whom it knows."""

    agenda: Agenda
    # The test's own way to the database, which nobody watches.
    database: Database
    people: People
    clock: Clock
    units: Units = field(default_factory=Units)
    _told: int = 0
    identities: dict[str, Identity] = field(default_factory=dict)

    async def agent(
        self,
        name: str = "agent1",
        *,
        aliases: Sequence[str] = (),
        unit_path: Sequence[str] = ("ministry", "office"),
        domain: str = DOMAIN,
        grants: Sequence[Any] = (),
        suspended: bool = False,
    ) -> Identity:
        """Somebody that directory told of, logged in. The account's id is `acc-<name>`, and of another domain than the
        first with that at its end."""
        suffix = "" if domain == DOMAIN else f"-{domain.partition('.')[0]}"
        address, now = f"{name}@{domain}", self.clock()
        account = AccountFact(
            account_id=f"acc-{name}{suffix}",
            address=address,
            aliases=aliases,
            display_name=name,
            unit_id=unit_path[-1] if unit_path else "",
            unit_path=unit_path,
            suspended=suspended,
        )
        self._told += 1
        await self.people.told(account, self._told, now)
        identity = Identity(
            account_id=account.account_id,
            address=address,
            session_id=f"session-{name}{suffix}",
            issued_at=now,
            expires_at=now + timedelta(days=1),
            aliases=tuple(aliases),
            name=name,
            unit_path=tuple(unit_path),
            grants=tuple(grants),
        )
        self.identities[address] = identity
        return identity

    async def put(
        self, who: Identity, content: bytes, name: str = "e1.ics", calendar: str = "agenda", **said: Any
    ) -> Kept:
        """Into one of somebody's own calendars."""
        return await put_object(self.agenda, who, f"{who.account_id}.{calendar}", name, content, **said)

    async def contents(self, who: Identity, calendar: str) -> dict[str, bytes]:
        """What somebody is given of a calendar, by name."""
        return {each.name: each.content async for each in read_objects(self.agenda, who, calendar, ())}

    async def facts(self, *types: str) -> list[Envelope]:
        """What waits to be published, in the order in which it was told; of some types, or all."""
        found: list[tuple[datetime, Envelope]] = []
        for collection in WITH_FACTS:
            async for document in self.database[collection].find({"pending": 1}):
                found += [(entry["at"], parse_envelope(entry["body"])) for entry in document.get("outbox", ())]
        envelopes = [envelope for _, envelope in sorted(found, key=lambda each: each[0])]
        return [each for each in envelopes if not types or each.type in types]

    async def state(self) -> dict[str, list[str]]:
        """Every document that there is, by collection: what is refused changes none."""
        return {
            name: sorted(map(str, await self.database[name].find({}).to_list(None)))
            for name in sorted(await self.database.list_collection_names())
            if not name.startswith("system.")
        }

    async def published(self) -> None:
        """Everything that waits has gone out."""
        for collection in WITH_FACTS:
            await self.database[collection].delete_many({"pending": 1, "deleted": True})
            await self.database[collection].update_many({"pending": 1}, {"$unset": {"outbox": "", "pending": ""}})


def body_of(envelope: Envelope) -> dict[str, Any]:
    """A fact's data as JSON has it."""
    from google.protobuf.json_format import MessageToJson

    from chassis.events import fact_in

    found: dict[str, Any] = json.loads(MessageToJson(fact_in(envelope), preserving_proto_field_name=True))
    return found
