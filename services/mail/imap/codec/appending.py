"""What stands before and between the messages of APPEND (RFC 3501 §6.3.11, RFC 3502) and REPLACE (RFC 8508)."""

import re

from services.mail.imap.codec.commands import Append, Incoming, Replace
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadSyntax

_OPENING = re.compile(rb"([^ ]{1,100}) (?:APPEND|(UID )?REPLACE ([1-9][0-9]{0,9}|\*)) ", re.IGNORECASE)
_UTF8 = re.compile(rb"UTF8 \(", re.IGNORECASE)


def before_message(octets: bytes, *, utf8: bool = False) -> Append | Replace | None:
    """The command that `octets` begin, when the literal that follows them is its first message."""
    found = _OPENING.match(octets)
    if found is None:
        return None
    tag, uid, number = found[1].decode("ascii", "replace"), found[2] is not None, found[3]
    cursor = Cursor(octets, found.end(), utf8=utf8)
    try:
        mailbox = cursor.mailbox()
        cursor.space()
        message = _incoming(cursor)
    except BadSyntax:
        return None
    if number is None:
        return Append(tag, mailbox, message)
    return Replace(tag, None if number == b"*" else int(number), mailbox, message, uid)


def between_messages(octets: bytes) -> Incoming | None:
    """What is said of a further message of the same APPEND."""
    cursor = Cursor(octets)
    try:
        cursor.space()
        return _incoming(cursor)
    except BadSyntax:
        return None


def _incoming(cursor: Cursor) -> Incoming:
    flags: tuple[str, ...] = ()
    if cursor.peek() == b"(":
        flags = cursor.flags()
        cursor.space()
    date = None
    if cursor.peek() == b'"':
        date = cursor.date_time()
        cursor.space()
    utf8 = _UTF8.match(cursor.octets, cursor.at)
    if utf8:
        cursor.at = utf8.end()
    cursor.end()
    return Incoming(flags, date, utf8 is not None)
