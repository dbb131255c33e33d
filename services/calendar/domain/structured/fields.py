"""What is said of an event, field by field; None is what is not said."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from chassis.errors import InvalidInput
from services.calendar.domain.calendars import zone_given
from services.calendar.domain.objects.addresses import address_of, is_mail
from services.calendar.domain.objects.values import EPOCH_DAY, local_of

MAX_TITLE, MAX_TEXT, MAX_REMINDERS, MAX_CATEGORIES, MAX_CATEGORY = 500, 65_536, 20, 50, 100
_URN = re.compile(r"urn:[a-z0-9:._-]{1,300}")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?", re.ASCII)
_COLOR = re.compile(r"[a-z]{3,30}|#[0-9a-f]{6}")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class Clock:
    """A local time in seconds; `zone` is empty where the one that is there, or the calendar's, is meant."""

    local: int
    whole_days: bool
    zone: str = ""


@dataclass(frozen=True)
class Guest:
    """Who is to be invited; what is empty stays as it is."""

    address: str
    name: str = ""
    role: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Alarm:
    """`at` in seconds UTC, instead of so many minutes before the begin, or the end."""

    action: str
    minutes_before: int = 0
    from_end: bool = False
    at: int | None = None


@dataclass(frozen=True)
class Repeating:
    """Nothing recurs where nothing is said. `until` is the last day, in days since 1970."""

    frequency: str = ""
    interval: int = 1
    by_day: tuple[str, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    count: int = 0
    until: int | None = None
    week_start: str = ""


@dataclass(frozen=True)
class Document:
    id: str
    title: str = ""


@dataclass(frozen=True)
class Fields:
    title: str | None = None
    description: str | None = None
    location: str | None = None
    start: Clock | None = None
    # `end` of an event, `due` of a task.
    end: Clock | None = None
    recurrence: Repeating | None = None
    attendees: tuple[Guest, ...] | None = None
    rooms: tuple[Guest, ...] | None = None
    reminders: tuple[Alarm, ...] | None = None
    visibility: str | None = None
    transparent: bool | None = None
    status: str | None = None
    categories: tuple[str, ...] | None = None
    color: str | None = None
    conference_wanted: bool | None = None
    documents: tuple[Document, ...] | None = None
    url: str | None = None
    # Of a task. `undue`: it is not due any more.
    priority: int | None = None
    percent: int | None = None
    undue: bool = False


def line_given(text: str, field: str, most: int = MAX_TITLE) -> str:
    """A text of one line. Raises `InvalidInput`."""
    plain = text.strip()
    if len(plain) > most or any(each < " " or each == "\x7f" for each in plain):
        raise InvalidInput("Not a text of one line", fields={field: f"one line of at most {most} characters"})
    return plain


def text_given(text: str, field: str) -> str:
    """Raises `InvalidInput`."""
    if len(text) > MAX_TEXT or any(each < " " and each not in "\r\n\t" for each in text):
        raise InvalidInput("Not a text", fields={field: f"at most {MAX_TEXT} characters"})
    return text


def clock_given(local: str, zone: str, field: str) -> Clock:
    """Raises `InvalidInput`."""
    wrong = InvalidInput("Not a time", fields={f"{field}.local": "2026-11-30T09:00:00, or 2026-12-25 for whole days"})
    if not _LOCAL.fullmatch(local):
        raise wrong
    try:
        if len(local) == 10:
            return Clock(_day(local) * 86_400, whole_days=True)
        moment = datetime.fromisoformat(local)
    except ValueError:
        raise wrong from None
    if zone and zone != "UTC":
        try:
            zone_given(zone)
        except InvalidInput as error:
            raise InvalidInput(error.detail, fields={f"{field}.time_zone": "a name of the tz database"}) from error
    return Clock(local_of(moment), whole_days=False, zone=zone)


def day_given(text: str, field: str) -> int:
    """Days since 1970. Raises `InvalidInput`."""
    try:
        if len(text) == 10 and _LOCAL.fullmatch(text):
            return _day(text)
    except ValueError:
        pass
    raise InvalidInput("Not a day", fields={field: "2026-12-31"})


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH_DAY


def address_given(text: str, field: str) -> str:
    """An address of mail, or the URN of a resource. Raises `InvalidInput`."""
    urn, address = text.strip().lower(), address_of(text)
    if _URN.fullmatch(urn):
        return urn
    if not is_mail(address):
        raise InvalidInput("Not an address", fields={field: urn[:100] or "empty"})
    return address


def number_given(number: int, field: str, most: int) -> int:
    """Raises `InvalidInput`."""
    if not 0 <= number <= most:
        raise InvalidInput("Not a number of this field", fields={field: f"0 to {most}"})
    return number


def categories_given(given: list[str]) -> tuple[str, ...]:
    """Raises `InvalidInput`."""
    named = tuple(dict.fromkeys(filter(None, (line_given(each, "categories", MAX_CATEGORY) for each in given))))
    if len(named) > MAX_CATEGORIES:
        raise InvalidInput("Too many categories", fields={"categories": f"at most {MAX_CATEGORIES}"})
    return named


def color_given(text: str) -> str:
    """Raises `InvalidInput`."""
    plain = text.strip().lower()
    if plain and not _COLOR.fullmatch(plain):
        raise InvalidInput("Not a color", fields={"color": "a name of CSS, or #rrggbb"})
    return plain


def documents_given(given: list[Document]) -> tuple[Document, ...]:
    """Raises `InvalidInput`."""
    if len(given) > 50 or any(not _ID.fullmatch(each.id) for each in given):
        raise InvalidInput("Not documents", fields={"documents": "at most 50, each with its id"})
    return tuple(Document(each.id, line_given(each.title, "documents.title")) for each in given)


def reminders_given(given: list[Alarm]) -> tuple[Alarm, ...]:
    """Raises `InvalidInput`."""
    if len(given) > MAX_REMINDERS or any(abs(each.minutes_before) > 366 * 1440 for each in given):
        raise InvalidInput("Not reminders", fields={"reminders": f"at most {MAX_REMINDERS}, within a year"})
    return tuple(dict.fromkeys(given))
