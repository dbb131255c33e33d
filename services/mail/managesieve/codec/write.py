"""Answers as octets (RFC 5804 §1.2, §4)."""

import re

_NOT_QUOTABLE = re.compile(rb"[\x00\r\n]")
# Longer ones are literals.
_MOST_QUOTED = 1024
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]+")


def literal(value: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(value), value)


def string(value: bytes) -> bytes:
    """Quoted where that is allowed, else a literal."""
    if len(value) > _MOST_QUOTED or _NOT_QUOTABLE.search(value):
        return literal(value)
    return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def answer(kind: bytes, text: str, code: bytes = b"") -> bytes:
    """OK, NO or BYE, with what a program (`code`) and what a person is told."""
    shown = string(_CONTROL.sub(" ", text).replace("\n", "\r\n").encode("utf-8", "replace"))
    return b"%b%b %b" % (kind, b" (%b)" % code if code else b"", shown)


def ok(text: str = "Done", code: bytes = b"") -> bytes:
    return answer(b"OK", text, code)


def no(text: str, code: bytes = b"") -> bytes:
    return answer(b"NO", text, code)


def bye(text: str, code: bytes = b"") -> bytes:
    return answer(b"BYE", text, code)


def capability(name: str, value: str | None = None) -> bytes:
    told = string(name.encode("utf-8"))
    return told if value is None else told + b" " + string(value.encode("utf-8"))
