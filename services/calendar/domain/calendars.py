"""Calendars: what is kept of one, how its state is told, and the limits."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from chassis.errors import InvalidInput, PreconditionFailed
from services.calendar.domain.access import Grant
from services.calendar.domain.locks import Lock

MAX_CALENDARS = 100
MAX_OBJECTS = 100_000
MAX_CALENDAR_OCTETS = 1024**3
MAX_TITLE = 200
MAX_DESCRIPTION = 2000
MAX_NAME = 200
MAX_PROPERTIES = 50
MAX_PROPERTY = 4096
MAX_TIME_ZONE_DEFINITION = 64 * 1024
COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
# The first calendar of everybody; clients show its title.
DEFAULT_NAME, DEFAULT_TITLE = "agenda", "Agenda"
INBOX_NAME, OUTBOX_NAME = "inbox", "outbox"
RESERVED = frozenset({INBOX_NAME, OUTBOX_NAME})
DEFAULT_COLOR = "#006a4e"
ANY = "*"
_NAME = re.compile(r"[A-Za-z0-9_~@-][A-Za-z0-9_~@-]{0,99}", re.ASCII)
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?", re.ASCII)

OWN, TEAM, RESOURCE, SUBSCRIPTION, INBOX = "own", "team", "resource", "subscription", "inbox"
# The platform's own, which everybody reads: no account or unit has an id like its owner's.
NATIONAL = "national"
NATIONAL_OWNER, NATIONAL_NAME = "national", "feries"
NATIONAL_CALENDAR = f"{NATIONAL_OWNER}.{NATIONAL_NAME}"


@dataclass(frozen=True)
class Calendar:
    """`name` is that of URLs, chosen when it is made. `modseq` grows with every change within; `epoch` tells this
    calendar from an earlier one of the same name, so that nobody goes on from the other's cursor."""

    owner: str
    name: str
    title: str
    epoch: str
    created_at: datetime
    kind: str = OWN
    description: str = ""
    color: str = DEFAULT_COLOR
    order: int = 0
    time_zone: str = "Africa/Lome"
    # As a client of CalDAV gave it (RFC 4791 §5.2.2).
    time_zone_definition: str = ""
    components: tuple[str, ...] = COMPONENTS
    transparent: bool = False
    modseq: int = 1
    # Deletions up to here are forgotten.
    horizon: int = 0
    objects: int = 0
    octets: int = 0
    grants: tuple[Grant, ...] = ()
    # Also those that have run out and were not taken away yet.
    locks: tuple[Lock, ...] = ()
    # Of a team: the ids from the root to its unit.
    unit_path: tuple[str, ...] = ()
    # What clients of CalDAV keep with it, by expanded name (RFC 4918 §4.3).
    properties: Mapping[str, str] = field(default_factory=dict)
    # Its id where it was made while an earlier one of its name, which has the usual id, was emptied.
    key: str = ""

    @property
    def id(self) -> str:
        return self.key or id_of(self.owner, self.name)

    @property
    def sync_token(self) -> str:
        return f"{self.epoch}-{self.modseq}"

    def since(self, token: str) -> int:
        """The modseq that a cursor of this calendar stands for; 0 for an empty one.

        Raises `PreconditionFailed` for one that is not its own, or from before what is remembered (RFC 6578 §3.2).
        """
        if not token:
            return 0
        epoch, _, number = token.rpartition("-")
        known = number.isascii() and number.isdigit() and len(number) < 19
        if epoch != self.epoch or not known or not self.horizon <= int(number) <= self.modseq:
            raise PreconditionFailed("The cursor is not known any more", fields={"sync_token": "unknown"})
        return int(number)


@dataclass(frozen=True)
class Precondition:
    """What must hold of what is there (RFC 9110 §13.1, RFC 6638 §8.2): one of some ETags, or `*` for anything."""

    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()
    if_schedule_tag_match: str = ""
    # Of locks that whoever asks holds.
    lock_tokens: tuple[str, ...] = ()

    def check(self, etag: str | None, schedule_tag: str = "") -> None:
        """`etag` is None where there is nothing. Raises `PreconditionFailed`."""
        if self.if_match and (etag is None or not {ANY, etag} & set(self.if_match)):
            raise PreconditionFailed("It is not what you have seen", fields={"etag": etag or "gone"})
        if etag is not None and {ANY, etag} & set(self.if_none_match):
            raise PreconditionFailed("There is one already", fields={"etag": etag})
        if self.if_schedule_tag_match and (etag is None or schedule_tag != self.if_schedule_tag_match):
            raise PreconditionFailed("Its scheduling is not what you have seen", fields={"schedule_tag": schedule_tag})


ALWAYS = Precondition()


def id_of(owner: str, name: str) -> str:
    return f"{owner}.{name}"


def name_given(given: str) -> str:
    """A name that a URL can hold. Raises `InvalidInput`."""
    if not _NAME.fullmatch(given) or given in RESERVED:
        raise InvalidInput("Not a name", fields={"name": "1 to 100 letters, digits, - _ ~ and @"})
    return given


def resource_name_given(given: str) -> str:
    """A name within a calendar. Raises `InvalidInput`."""
    plain = unicodedata.normalize("NFC", given) == given and given.isprintable()
    if not 0 < len(given.encode("utf-8", "replace")) <= MAX_NAME or "/" in given or given in {".", ".."} or not plain:
        raise InvalidInput("Not a name of an object", fields={"name": "1 to 200 octets, without / and controls"})
    return given


def title_given(given: str) -> str:
    """Raises `InvalidInput`."""
    title = given.strip()
    if not 0 < len(title) <= MAX_TITLE or not title.isprintable():
        raise InvalidInput("Not a title", fields={"title": f"1 to {MAX_TITLE} characters"})
    return title


def _description(given: str) -> str:
    if len(given) > MAX_DESCRIPTION or any(c < " " and c not in "\n\r\t" for c in given):
        raise InvalidInput("Not a description", fields={"description": f"at most {MAX_DESCRIPTION} characters"})
    return given


def _color(given: str) -> str:
    """Apple's clients add how opaque it is."""
    if not _COLOR.fullmatch(given.strip()):
        raise InvalidInput("Not a color", fields={"color": "#rrggbb"})
    return given.strip().lower()[:7]


def zone_given(given: str) -> str:
    """A name of the tz database. Raises `InvalidInput`."""
    if given not in _zones():
        raise InvalidInput("Not a time zone", fields={"time_zone": "a name of the tz database"})
    return given


def _definition(given: str) -> str:
    if len(given.encode("utf-8", "replace")) > MAX_TIME_ZONE_DEFINITION:
        raise InvalidInput("Not a time zone", fields={"time_zone_definition": "too long"})
    return given


def _order(given: int) -> int:
    return max(0, min(given, 2**31 - 1))


def _transparent(given: bool) -> bool:
    return given


_CHECKED = {
    "title": title_given,
    "description": _description,
    "color": _color,
    "order": _order,
    "time_zone": zone_given,
    "time_zone_definition": _definition,
    "transparent": _transparent,
}
FIELDS = frozenset(_CHECKED)


def described(calendar: Calendar, said: Mapping[str, Any]) -> Calendar:
    """With the fields of `FIELDS` that its owner says. Raises `InvalidInput`."""
    checked: dict[str, Any] = {name: _CHECKED[name](value) for name, value in said.items()}  # type: ignore[operator]
    return replace(calendar, **checked)


def components_given(given: Sequence[str]) -> tuple[str, ...]:
    """All of them where none is named. Raises `InvalidInput`."""
    asked = {each.upper() for each in given} or set(COMPONENTS)
    if asked - set(COMPONENTS):
        raise InvalidInput("Not what a calendar keeps", fields={"components": ", ".join(COMPONENTS)})
    return tuple(each for each in COMPONENTS if each in asked)


def properties_given(before: Mapping[str, str], new: Mapping[str, str], removed: Sequence[str]) -> dict[str, str]:
    """The properties after a change. Raises `InvalidInput` beyond the limits."""
    after = {name: value for name, value in {**before, **new}.items() if name not in removed}
    if len(after) > MAX_PROPERTIES or any(len(n) + len(v) > MAX_PROPERTY for n, v in after.items()):
        raise InvalidInput("Too many properties, or too large", fields={"properties": "50 of at most 4096 characters"})
    return after


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
