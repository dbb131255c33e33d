"""The keys of SEARCH (RFC 3501 §6.4.4, RFC 5032): the mail domain's criteria, and what only a session can resolve."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from services.mail.domain.flags import SYSTEM, canonical
from services.mail.domain.search import (
    EVERYTHING,
    Age,
    And,
    Body,
    Criterion,
    HasFlag,
    Header,
    Id,
    ModSeq,
    Not,
    Or,
    Received,
    Saved,
    Sent,
    Size,
    Text,
    Uids,
)
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadCharset, BadSyntax
from services.mail.imap.codec.sequences import SequenceSet

MOST_KEYS = 500
DEEPEST = 20
CHARSETS = {"US-ASCII": "ascii", "UTF-8": "utf-8", "ISO-8859-1": "iso8859-1", "WINDOWS-1252": "cp1252"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Message numbers, or UIDs with "*" in them: only the session knows which messages these are."""

    numbers: SequenceSet
    uid: bool


@dataclass(frozen=True, slots=True)
class All:
    """Every key of a list."""

    keys: "tuple[SearchKey, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    keys: "tuple[SearchKey, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    key: "SearchKey"


SearchKey: TypeAlias = All | Either | Without | Numbers | Criterion


def resolved(key: SearchKey, uids: Callable[[Numbers], Uids]) -> Criterion:
    """The criterion that a key is in a session where `uids` tells which messages numbers name."""
    if isinstance(key, Numbers):
        return uids(key)
    if isinstance(key, All):
        return And(tuple(resolved(each, uids) for each in key.keys))
    if isinstance(key, Either):
        return Or(tuple(resolved(each, uids) for each in key.keys))
    if isinstance(key, Without):
        return Not(resolved(key.key, uids))
    return key


NOTHING = Or(())
_FLAG_KEYS = {flag[1:].upper(): flag for flag in SYSTEM}
# No message is recent: \\Recent would make every SELECT a write, and RFC 9051 has dropped it.
_PLAIN: dict[str, SearchKey] = {
    "ALL": EVERYTHING,
    "OLD": EVERYTHING,
    "SAVEDATESUPPORTED": EVERYTHING,
    "RECENT": NOTHING,
    "NEW": NOTHING,
    **{name: HasFlag(flag) for name, flag in _FLAG_KEYS.items()},
    **{f"UN{name}": Not(HasFlag(flag)) for name, flag in _FLAG_KEYS.items()},
}
_FIELDS = {"BCC": "Bcc", "CC": "Cc", "FROM": "From", "SUBJECT": "Subject", "TO": "To"}


class SearchReader:
    """Reads the keys of one SEARCH."""

    def __init__(self, cursor: Cursor, charset: str) -> None:
        self._cursor = cursor
        self._codec = CHARSETS.get(charset.upper(), "")
        self._keys = 0
        if not self._codec:
            raise BadCharset(f"The charset {charset[:40]!r} is not known")

    def keys(self) -> SearchKey:
        """One or more keys up to the end of the command."""
        found = self._list(0, b"")
        self._cursor.end()
        return found[0] if len(found) == 1 else All(found)

    def _list(self, depth: int, closing: bytes) -> tuple[SearchKey, ...]:
        found = [self._key(depth)]
        while not self._cursor.done and not (closing and self._cursor.peek() == closing):
            self._cursor.space()
            found.append(self._key(depth))
        return tuple(found)

    def _key(self, depth: int) -> SearchKey:
        cursor = self._cursor
        self._keys += 1
        if depth > DEEPEST or self._keys > MOST_KEYS:
            raise BadSyntax("The search has too many keys")
        if cursor.skip(b"("):
            keys = self._list(depth + 1, b")")
            cursor.expect(b")")
            return keys[0] if len(keys) == 1 else All(keys)
        if cursor.peek().isdigit() or cursor.peek() in (b"*", b"$"):
            return Numbers(cursor.sequence(), False)
        name = cursor.word("a search key")
        if name in _PLAIN:
            return _PLAIN[name]
        cursor.space()
        if name == "NOT":
            return Without(self._key(depth + 1))
        if name == "OR":
            first = self._key(depth + 1)
            cursor.space()
            return Either((first, self._key(depth + 1)))
        return self._argument(name)

    def _argument(self, name: str) -> SearchKey:
        cursor = self._cursor
        if name in _FIELDS:
            return Header(_FIELDS[name], self._text())
        if name == "HEADER":
            field = cursor.astring().decode("ascii", "replace")
            cursor.space()
            return Header(field, self._text())
        if name in ("BODY", "TEXT"):
            return (Body if name == "BODY" else Text)(self._text())
        if name == "UID":
            return Numbers(cursor.sequence(), True)
        if name in ("LARGER", "SMALLER"):
            octets = cursor.number("a size", 2**63 - 1)
            return Size(larger=octets) if name == "LARGER" else Size(smaller=octets)
        if name in ("OLDER", "YOUNGER"):
            seconds = cursor.number("an interval")
            if not seconds:
                raise BadSyntax("An interval is at least a second")
            return Age(older=seconds) if name == "OLDER" else Age(younger=seconds)
        if name in ("KEYWORD", "UNKEYWORD"):
            flags = canonical([cursor.atom("a keyword")])
            return HasFlag(flags[0]) if name == "KEYWORD" else Not(HasFlag(flags[0]))
        if name in ("EMAILID", "THREADID"):
            found = cursor.atom("an id")
            return Id(email=found) if name == "EMAILID" else Id(thread=found)
        if name == "MODSEQ":
            return self._modseq()
        return self._date(name)

    def _date(self, name: str) -> SearchKey:
        kind: type[Sent | Saved | Received] = Received
        side = name
        if name.startswith(("SENT", "SAVED")):
            kind, side = (Sent, name[4:]) if name.startswith("SENT") else (Saved, name[5:])
        if side not in ("BEFORE", "ON", "SINCE"):
            raise BadSyntax("Unknown search key")
        day = self._cursor.date()
        if side == "BEFORE":
            return kind(before=day)
        if side == "SINCE":
            return kind(since=day)
        try:
            return kind(since=day, before=day + timedelta(days=1))
        except OverflowError:
            return kind(since=day)

    def _modseq(self) -> SearchKey:
        """RFC 7162 §3.1.5; the entry that may be named is read and, as one modseq serves all, left aside."""
        if self._cursor.peek() == b'"':
            self._cursor.string()
            self._cursor.space()
            self._cursor.word("an entry type")
            self._cursor.space()
        return ModSeq(self._cursor.modseq())

    def _text(self) -> str:
        try:
            return self._cursor.astring().decode(self._codec)
        except UnicodeDecodeError:
            raise BadSyntax("A string is not in the charset of the search") from None
