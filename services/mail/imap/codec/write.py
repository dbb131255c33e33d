"""Answers as octets, and commands as a client writes them."""

import re
from collections.abc import Iterable
from datetime import datetime

from services.mail.imap.codec.utf7 import encode_name

_NOT_QUOTABLE = re.compile(rb"[\x00\r\n\x80-\xff]")
_PLAIN_ATOM = re.compile(rb"[A-Za-z0-9._/&,$-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def quoted(value: bytes) -> bytes:
    """A quoted string, or a literal where quoting is not allowed."""
    if _NOT_QUOTABLE.search(value):
        return b"{%d}\r\n%b" % (len(value), value)
    return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """In modified UTF-7; with `utf8` as it is, quoted (RFC 9051 §9)."""
    encoded = name.encode("utf-8") if utf8 else encode_name(name)
    if not encoded.isascii():
        return b'"%b"' % encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return astring(encoded)


def astring(value: bytes) -> bytes:
    return value if _PLAIN_ATOM.fullmatch(value) and value.upper() != b"NIL" else quoted(value)


def flags(given: Iterable[str]) -> bytes:
    return b"(%b)" % " ".join(given).encode("ascii")


def date_time(moment: datetime) -> bytes:
    """RFC 3501 §9, date-time, quotes included."""
    day = f"{moment.day:2d}-{MONTHS[moment.month - 1]}-{moment.year:04d}"
    return f'"{day} {moment:%H:%M:%S} {moment:%z}"'.encode("ascii")


def human(text: str) -> bytes:
    """Text for people at the end of a response: one line of ASCII (RFC 3501 §9, text)."""
    return _CONTROL.sub(" ", text).encode("ascii", "replace")[:200] or b"Done"
