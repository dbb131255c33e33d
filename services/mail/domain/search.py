"""What a search asks (RFC 3501 §6.4.4, RFC 7162 §3.1.5), as a tree of criteria."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeAlias

from services.mail.domain.terms import ANY_WORD, ATTACHED, Words, fields_named, words_of
from services.mail.domain.uids import ALL, Range, UidSet, common, merged


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
    """The texts of the message, and the names of what is attached, have the words of `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """The header or the texts do."""

    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """One of these fields has the words of `text`: "subject", "from", "to", "cc", "bcc"."""

    fields: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Attached:
    """Something is attached, other than what a text shows within itself."""


Criterion: TypeAlias = (
    And
    | Or
    | Not
    | HasFlag
    | Uids
    | ModSeq
    | Size
    | Received
    | Age
    | Sent
    | Saved
    | Id
    | Header
    | Body
    | Text
    | Written
    | Attached
)
EVERYTHING = And(())


# Fields of which each message's document has the decoded values.
STORED = frozenset(("subject", "from", "to", "cc", "bcc", "message-id"))
_ATTACHED = (Words(frozenset((ATTACHED,))),)
_ANY_WORD = Words(frozenset((ANY_WORD,)))


def stored(header: Header) -> bool:
    """Whether the message's document answers it."""
    return bool(header.text) and header.name.lower() in STORED


def words_for(criterion: Criterion) -> tuple[Words, ...]:
    """A message that meets it has one of these; none where its terms do not tell."""
    match criterion:
        case Text(text):
            words = words_of(text)
            return (words,) if words else ()
        case Written(_, text):
            # The document has the whole fields, whether or not their words all had room.
            words = words_of(text)
            return (words, _ANY_WORD) if words else ()
        case Body(text):
            words = words_of(text, in_texts=True)
            return (words,) if words else ()
        case Attached():
            return _ATTACHED
        case Header(name) if not stored(criterion):
            return fields_named(name)
        case _:
            return ()


def all_words(criterion: Criterion) -> set[Words]:
    """Of a criterion and those in it."""
    match criterion:
        case And(criteria) | Or(criteria):
            return set().union(*map(all_words, criteria))
        case Not(inner):
            return all_words(inner)
        case _:
            return set(words_for(criterion))


# The messages that have some words, as far as that is known, with all of which it is not.
Known: TypeAlias = Callable[[Words], Sequence[Range]]


def uid_ranges(criterion: Criterion, known: Known | None = None) -> Sequence[Range]:
    """Ranges that hold every message which can meet a criterion."""
    match criterion:
        case Uids(ranges):
            return merged(ranges)
        case And(criteria):
            found: Sequence[Range] = ALL
            for each in criteria:
                found = common(found, uid_ranges(each, known))
            return found
        case Or(criteria):
            return merged(pair for each in criteria for pair in uid_ranges(each, known))
        case _:
            words = words_for(criterion) if known else ()
            return merged(pair for each in words for pair in known(each)) if known and words else ALL
