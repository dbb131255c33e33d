"""Lists of tags (RFC 6376 §3.2), as signatures, keys and policies are written."""

import re

_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*\Z")
_FOLDING = re.compile(rb"[\t\r\n ]+")


class BadTags(ValueError):
    """Not a list of tags, or not the one that is wanted."""


def tags_of(value: bytes) -> dict[str, bytes]:
    """Name to value, without space around it. Raises `BadTags`."""
    found: dict[str, bytes] = {}
    parts = value.split(b";")
    if not parts[-1].strip():
        parts.pop()
    for part in parts:
        name, equals, given = part.partition(b"=")
        name = name.strip()
        if not equals or not _NAME.match(name):
            raise BadTags("not a list of tags")
        key = name.decode("ascii")
        if key in found:
            raise BadTags(f"{key}= stands twice")
        found[key] = given.strip()
    return found


def closed_up(value: bytes) -> bytes:
    """Without any space: base64 and lists of names are folded as anybody likes."""
    return _FOLDING.sub(b"", value)


def text_of(value: bytes) -> str:
    """Raises `BadTags` for what is not ASCII."""
    try:
        return closed_up(value).decode("ascii")
    except UnicodeDecodeError as error:
        raise BadTags("not ASCII") from error


def number_of(value: bytes) -> int:
    """Raises `BadTags`."""
    if not value.isdigit() or len(value) > 12:
        raise BadTags("not a number")
    return int(value)
