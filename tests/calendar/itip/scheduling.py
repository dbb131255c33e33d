"""Meetings and messages for the tests of iTIP."""

from datetime import UTC, datetime, timedelta

from services.calendar.domain.itip.answers import attended
from services.calendar.domain.itip.changes import organised
from services.calendar.domain.itip.messages import Message
from services.calendar.domain.itip.outcomes import Outcome, Sender
from services.calendar.domain.itip.receive import received
from services.calendar.domain.objects import CalendarObject, read_object

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
ORGANIZER, ONE, TWO, THREE = "chef@finances.gouv.tg", "un@sante.gouv.tg", "deux@sante.gouv.tg", "trois@example.org"
OWNER = frozenset({ORGANIZER})


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def attendee(address: str, params: str = "") -> str:
    return f"ATTENDEE{params}:mailto:{address}"


def component(*lines: str, people: tuple[str, ...] = (ONE, TWO), start: str = "20261207T090000", **more: str) -> str:
    """An event; `more` replaces or adds properties, in small letters with `_` for `-`; an empty one leaves out."""
    own = {
        "UID": "reunion-1",
        "DTSTAMP": "20261129T070000Z",
        "DTSTART;TZID=Africa/Lome": start,
        "DURATION": "PT1H",
        "SUMMARY": "Budget",
        "ORGANIZER;CN=CHEF": f"mailto:{ORGANIZER}",
    }
    own |= {name.upper().replace("_", "-"): value for name, value in more.items()}
    written = [f"{name}:{value}" for name, value in own.items() if value]
    invited = [each if each.startswith("ATTENDEE") else attendee(each) for each in people]
    return "\r\n".join(["BEGIN:VEVENT", *written, *invited, *lines, "END:VEVENT"])


def override(
    day: str, *lines: str, start: str = "", people: tuple[str, ...] = (ONE, TWO), at: str = "09", **more: str
) -> str:
    """Of the instance of a day (`20261208`), at another time where `start` says one."""
    rid = f"RECURRENCE-ID;TZID=Africa/Lome:{day}T{at}0000"
    return component(rid, *lines, people=people, start=start or f"{day}T{at}0000", **more)


def octets(*components: str, method: str = "") -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//FR", *([f"METHOD:{method}"] if method else [])]
    return ("\r\n".join([*head, *components, "END:VCALENDAR"]) + "\r\n").encode()


def thing(*components: str, method: str = "") -> CalendarObject:
    return read_object(octets(*components, method=method), scheduling=True)


def kept(before: CalendarObject | None, *components: str, now: datetime = NOW) -> CalendarObject:
    """As an organiser's server stores it."""
    stored = organised(before, thing(*components), OWNER, now).stored
    assert stored is not None
    return stored


def messages_for(
    before: CalendarObject | None, after: CalendarObject | None, organizer: frozenset[str], now: datetime
) -> list[Message]:
    return organised(before, after, organizer, now).messages


def reply_for(
    before: CalendarObject | None,
    after: CalendarObject | None,
    attendee: frozenset[str],
    now: datetime,
    *,
    schedule_reply: bool = True,
) -> Message | None:
    found = attended(before, after, attendee, now, schedule_reply=schedule_reply).messages
    return next((each for each in found if each.method == "REPLY"), None)


def inside(*addresses: str) -> Sender:
    return Sender(frozenset(addresses), inside=True)


def outside(address: str, *, dmarc: bool = True) -> Sender:
    return Sender(frozenset({address}), dmarc=dmarc)


def read(message: Message) -> CalendarObject:
    return read_object(message.content, scheduling=True)


def take(
    stored: CalendarObject | None, message: CalendarObject | Message, to: str, by: str = ORGANIZER, **more: bool
) -> Outcome:
    """What a message inside does to what somebody has."""
    said = read(message) if isinstance(message, Message) else message
    return received(stored, said, inside(by), frozenset({to}), NOW, **more)


def text(given: CalendarObject | Message) -> str:
    """Unfolded."""
    written = given.content if isinstance(given, Message) else given.octets
    return written.decode().replace("\r\n ", "")


def by_method(messages: list[Message]) -> dict[tuple[str, str], Message]:
    return {(each.method, to): each for each in messages for to in each.recipients}
