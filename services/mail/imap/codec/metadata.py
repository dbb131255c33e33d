"""GETMETADATA and SETMETADATA (RFC 5464 §4)."""

from dataclasses import dataclass

from services.mail.domain.annotations import entry_name
from services.mail.imap.codec.commands import Command
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadSyntax

MOST_ENTRIES = 100
_DEPTHS: dict[str, int | None] = {"0": 0, "1": 1, "INFINITY": None}


@dataclass(frozen=True, slots=True)
class GetMetadata(Command):
    """The server's with an empty `mailbox`. `depth`: how far below the entries, None without end; `most`: octets of a
    value."""

    mailbox: str
    entries: tuple[str, ...]
    depth: int | None = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class SetMetadata(Command):
    """None removes an entry."""

    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]


def get_metadata(tag: str, cursor: Cursor) -> Command:
    """The options stand before the mailbox, or behind it as in the RFC's own examples."""
    cursor.space()
    depth, most = _options(cursor)
    mailbox = cursor.mailbox()
    cursor.space()
    if (depth, most) == (0, None):
        depth, most = _options(cursor)
    if not cursor.skip(b"("):
        return GetMetadata(tag, mailbox, (_name(cursor),), depth, most)
    names = [_name(cursor)]
    while not cursor.skip(b")"):
        cursor.space()
        names.append(_name(cursor))
        if len(names) > MOST_ENTRIES:
            raise BadSyntax("Too many entries")
    return GetMetadata(tag, mailbox, tuple(dict.fromkeys(names)), depth, most)


def set_metadata(tag: str, cursor: Cursor) -> Command:
    cursor.space()
    mailbox = cursor.mailbox()
    cursor.expect(b" (")
    values: dict[str, bytes | None] = {}
    while True:
        name = _name(cursor)
        cursor.space()
        values[name] = cursor.binary_nstring()
        if len(values) > MOST_ENTRIES:
            raise BadSyntax("Too many entries")
        if cursor.skip(b")"):
            return SetMetadata(tag, mailbox, tuple(values.items()))
        cursor.space()


def _name(cursor: Cursor) -> str:
    return entry_name(cursor.astring().decode("ascii"))


def _options(cursor: Cursor) -> tuple[int | None, int | None]:
    """DEPTH and MAXSIZE, if a list of options stands here and not one of entries, and the space after it."""
    depth: int | None = 0
    most: int | None = None
    if cursor.octets[cursor.at : cursor.at + 1] != b"(" or cursor.octets[cursor.at + 1 : cursor.at + 2] in (b"/", b'"'):
        return depth, most
    cursor.expect(b"(")
    while True:
        name = cursor.word("an option")
        cursor.space()
        if name == "MAXSIZE":
            most = cursor.number("a size")
        elif name == "DEPTH":
            word = cursor.word("a depth")
            if word not in _DEPTHS:
                raise BadSyntax("Unknown depth")
            depth = _DEPTHS[word]
        else:
            raise BadSyntax("Unknown option")
        if cursor.skip(b")"):
            cursor.space()
            return depth, most
        cursor.space()
