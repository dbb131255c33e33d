"""What a search asks (RFC 3501 §6.4.4, RFC 7162 §3.1.5), as a tree of criteria."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeAlias

from services.mail.domain.uids import ALL, Range, UidSet


@dataclass(frozen=True, slots=True)
class And:
    """Every one; none is ALL."""

    criteria: "tuple[Criterion, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """One of them at least."""

    criteria: "tuple[Criterion, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    criterion: "Criterion"


@dataclass(frozen=True, slots=True)
class HasFlag:
    """In canonical form (`services.mail.domain.flags.canonical`)."""

    flag: str


@dataclass(frozen=True)
class Uids:
    ranges: tuple[Range, ...]

    @cached_property
    def members(self) -> UidSet:
        return UidSet(self.ranges)


@dataclass(frozen=True, slots=True)
class ModSeq:
    """Changed at this modseq or later."""

    least: int


@dataclass(frozen=True, slots=True)
class Size:
    """Octets strictly above `larger` and below `smaller`."""

    larger: int | None = None
    smaller: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """Internal date, in UTC: on or after `since`, before `before`; ON is a day of both."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Age:
    """Seconds since the internal date: so many at least, or at most (RFC 5032)."""

    older: int | None = None
    younger: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The Date field, in its own zone, time of day left out."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """When it came into the mailbox, in UTC (RFC 8514), as `Received` is."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Id:
    """What copies of a message, or the messages of a conversation, have in common (RFC 8474)."""

    email: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A field of the top header whose decoded value holds `text` in any case; with an empty text, has the field."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """The texts of the message hold `text` in any case."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """The header or the texts hold `text` in any case."""

    text: str


Criterion: TypeAlias = (
    And | Or | Not | HasFlag | Uids | ModSeq | Size | Received | Age | Sent | Saved | Id | Header | Body | Text
)
EVERYTHING = And(())


def uid_ranges(criterion: Criterion) -> tuple[Range, ...]:
    """Ranges that hold every message which can meet a criterion."""
    match criterion:
        case Uids(ranges):
            return ranges
        case And(criteria):
            named = [ranges for ranges in map(uid_ranges, criteria) if ranges != ALL]
            return min(named, key=lambda ranges: sum(last - first for first, last in ranges), default=ALL)
        case _:
            return ALL
