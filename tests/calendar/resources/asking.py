"""A room in a test, and organisers who ask for it by the messages that scheduling sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar

from chassis.identity import Grant, Identity
from services.calendar.domain.resources.resource import Kind, Resource
from services.calendar.usecases.book_resource import Said, booking_id_of, spans_of, take_message
from services.calendar.usecases.manage_resources import Wanted, create_resource
from tests.calendar.office import Office, body_of

MONDAY = datetime(2026, 12, 7, tzinfo=UTC)


def at(day: int = 0, hour: float = 9) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def written(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


@dataclass
class Rooms:
    """What a test does with rooms."""

    office: Office
    administrator: Identity

    async def room(
        self, name: str = "Salle Kara", unit: str = "office", kind: Kind = Kind.ROOM, **said: Any
    ) -> Resource:
        return await create_resource(
            self.office.agenda, self.office.units, self.administrator, Wanted(unit, kind, said={"name": name, **said})
        )

    async def ask(self, room: Resource, who: Identity, content: bytes) -> None:
        """A message on its way, as the worker hands it over."""
        said = Said(who.account_id, frozenset({who.address, *who.aliases}), content)
        await take_message(self.office.agenda, room.id, said)

    async def answers(self, uid: str = "") -> list[dict[str, Any]]:
        """What organisers were answered, the latest last."""
        told = [body_of(each) for each in await self.office.facts("scheduling_message_sent")]
        return [each for each in told if each["method"] == "REPLY" and uid in ("", each["uid"])]

    async def said(self, room: Resource, uid: str = "e1") -> dict[str, str]:
        """The last answer of a room, by instance; the whole is ""."""
        last = [each for each in await self.answers(uid) if each["owner_id"] == room.id][-1]
        found: dict[str, str] = {}
        for each in Calendar.from_ical(last["content"]).walk("VEVENT"):
            recurrence = each.get("RECURRENCE-ID")
            key = f"{recurrence.dt:%Y%m%d}" if recurrence is not None else ""
            found[key] = str(each["ATTENDEE"].params["PARTSTAT"])
        return found

    async def taken(self, room: Resource) -> list[str]:
        """The starts of what stands in a room's calendar and takes its time."""
        starts: list[int] = []
        async for stored in self.office.agenda.objects.all_of(f"{room.id}.agenda", content=False):
            starts += (start for start, _ in spans_of(stored, room, 0, 2**40))
        return [f"{datetime.fromtimestamp(start, UTC):%m-%d %H:%M}" for start in sorted(starts)]

    async def booking(self, room: Resource, uid: str = "e1") -> Any:
        return await self.office.agenda.resources.booking(room.id, booking_id_of(uid))


def request(
    who: Identity,
    room: Resource,
    start: datetime,
    *more: str,
    uid: str = "e1",
    hours: float = 1,
    sequence: int = 0,
    method: str = "REQUEST",
    others: Sequence[str] = (),
) -> bytes:
    """A message about one event; `others` are whole VEVENTs after it."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//gouv.tg//essai//FR", f"METHOD:{method}",
        event(who, room, start, *more, uid=uid, hours=hours, sequence=sequence), *others, "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def event(
    who: Identity, room: Resource, start: datetime, *more: str, uid: str = "e1", hours: float = 1, sequence: int = 0
) -> str:
    return "\r\n".join(
        [
            "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:20261201T0800{sequence:02}Z", f"SEQUENCE:{sequence}",
            f"DTSTART:{written(start)}", f"DTEND:{written(start + timedelta(hours=hours))}", "SUMMARY:Réunion",
            f"ORGANIZER:mailto:{who.address}", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{who.address}",
            f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{room.address}", *more, "END:VEVENT",
        ]
    )  # fmt: skip


def administrator_of(unit: str) -> list[Grant]:
    return [Grant("administrator", unit)]
