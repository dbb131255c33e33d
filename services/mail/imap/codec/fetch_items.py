"""The data items of FETCH (RFC 3501 §6.4.5, RFC 7162)."""

import re

from services.mail.imap.codec.commands import Asked, Binary, Item, Section
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadSyntax

MOST_ITEMS = 100
MOST_FIELDS = 200
DEEPEST = 100

_FAST = (Item.FLAGS, Item.INTERNALDATE, Item.SIZE)
_MACROS: dict[str, tuple[Asked, ...]] = {
    "FAST": _FAST,
    "ALL": (*_FAST, Item.ENVELOPE),
    "FULL": (*_FAST, Item.ENVELOPE, Item.BODY),
}
_NAMED = {
    "RFC822": Section(b"RFC822"),
    "RFC822.HEADER": Section(b"RFC822.HEADER", what="HEADER", peek=True),
    "RFC822.TEXT": Section(b"RFC822.TEXT", what="TEXT"),
}
_SECTIONS = frozenset(("", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"))
_PLAIN = {item.value: item for item in Item}
_NAME = re.compile(rb"[A-Za-z0-9.]+")
_PARTS = re.compile(rb"[1-9]\d{0,5}(?:\.[1-9]\d{0,5})*")
_LAZY = re.compile(rb" \(LAZY\)", re.IGNORECASE)
_PARTIAL = re.compile(rb"<(\d{1,10})\.([1-9]\d{0,9})>")


def fetch_items(cursor: Cursor) -> tuple[Asked, ...]:
    """A macro, one item, or a list of items."""
    if not cursor.skip(b"("):
        name = _name(cursor)
        return _MACROS[name] if name in _MACROS else (_item(cursor, name),)
    items = [_item(cursor, _name(cursor))]
    while not cursor.skip(b")"):
        cursor.space()
        items.append(_item(cursor, _name(cursor)))
        if len(items) > MOST_ITEMS:
            raise BadSyntax("Too many items")
    return tuple(dict.fromkeys(items))


def _name(cursor: Cursor) -> str:
    found = _NAME.match(cursor.octets, cursor.at)
    if found is None:
        raise BadSyntax("Expected an item to fetch")
    cursor.at = found.end()
    return found[0].decode("ascii").upper()


def _item(cursor: Cursor, name: str) -> Asked:
    if name in ("BODY", "BODY.PEEK") and cursor.skip(b"["):
        return _section(cursor, peek=name == "BODY.PEEK")
    if name == "PREVIEW" and (lazily := _LAZY.match(cursor.octets, cursor.at)):
        # RFC 8970 §3.2: only when it is at hand, as it always is.
        cursor.at = lazily.end()
    if name in ("BINARY", "BINARY.PEEK", "BINARY.SIZE"):
        return _binary(cursor, name)
    item = _PLAIN.get(name) or _NAMED.get(name)
    if item is None:
        raise BadSyntax("Unknown item to fetch")
    return item


def _path(cursor: Cursor) -> tuple[int, ...]:
    numbers = _PARTS.match(cursor.octets, cursor.at)
    if numbers is None:
        return ()
    cursor.at = numbers.end()
    path = tuple(map(int, numbers[0].split(b".")))
    if len(path) > DEEPEST:
        raise BadSyntax("The part number is too deep")
    return path


def _bounds(cursor: Cursor) -> tuple[int, int] | None:
    partial = _PARTIAL.match(cursor.octets, cursor.at)
    if partial is None:
        return None
    cursor.at = partial.end()
    return int(partial[1]), int(partial[2])


def _binary(cursor: Cursor, name: str) -> Binary:
    """RFC 3516 §4.2."""
    cursor.expect(b"[")
    path = _path(cursor)
    cursor.expect(b"]")
    if name == "BINARY.SIZE":
        return Binary(path, peek=True, size=True)
    return Binary(path, name == "BINARY.PEEK", _bounds(cursor))


def _section(cursor: Cursor, *, peek: bool) -> Section:
    path, what = _path(cursor), ""
    if path:
        if cursor.skip(b"."):
            what = _name(cursor)
    elif cursor.peek() != b"]":
        what = _name(cursor)
    if what not in _SECTIONS or (what == "MIME" and not path):
        raise BadSyntax("Unknown section")
    fields = _fields(cursor) if what.startswith("HEADER.") else ()
    cursor.expect(b"]")
    return Section(_label(path, what, fields), path, what, fields, peek, _bounds(cursor))


def _fields(cursor: Cursor) -> tuple[bytes, ...]:
    cursor.space()
    cursor.expect(b"(")
    names = [cursor.astring()]
    while not cursor.skip(b")"):
        cursor.space()
        names.append(cursor.astring())
        if len(names) > MOST_FIELDS:
            raise BadSyntax("Too many header fields")
    return tuple(names)


_PLAIN_FIELD = re.compile(rb"[!-'*-~]+")


def _label(path: tuple[int, ...], what: str, fields: tuple[bytes, ...]) -> bytes:
    """What the answer repeats of the request."""
    words = ".".join([*map(str, path), *([what] if what else [])]).encode("ascii")
    if fields:
        names = (name if _PLAIN_FIELD.fullmatch(name) and b'"' not in name else b'""' for name in fields)
        words += b" (%b)" % b" ".join(names)
    return b"BODY[%b]" % words
