"""The files in a winmail.dat (MS-OXTNEF): their names, and where their octets stand."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = 0x223E9F78
TYPES = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
# Octets of a part that are looked through, and files that are told of.
MOST_OCTETS, MOST_FILES, MOST_ATTRIBUTES = 50 * 1024 * 1024, 500, 10_000

# MS-OXTNEF §2.1.3.4.
_RENDERING, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_LONG_NAME = 0x3707
_STRINGS = {0x001E: "cp1252", 0x001F: "utf-16-le"}
# Octets of a property's value by its type (MS-OXCDATA §2.11.1); those with a length of their own are not here.
_FIXED = {
    0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8, 0x0040: 8,
    0x0048: 16,
}  # fmt: skip
_VARIABLE = frozenset((0x000D, 0x001E, 0x001F, 0x0102))
_MOST_PROPERTIES = 500


class File(NamedTuple):
    """A file; `offset` and `length` are octets of the decoded part."""

    name: str
    offset: int
    length: int


def files(octets: bytes) -> list[File]:
    """What is attached, in order; what cannot be read ends the list."""
    found: list[File] = []
    name, data = "", None
    for kind, offset, length in _attributes(octets):
        if kind == _RENDERING:
            found += _file(name, data)
            name, data = "", None
        elif kind == _TITLE:
            name = name or _text(octets[offset : offset + length], "cp1252")
        elif kind == _DATA:
            data = offset, length
        elif kind == _PROPERTIES:
            name = _long_name(octets[offset : offset + length]) or name
        if len(found) >= MOST_FILES:
            return found
    return found + _file(name, data)


def _file(name: str, data: tuple[int, int] | None) -> list[File]:
    bare = name.replace("\\", "/").rpartition("/")[2].strip()[:255]
    return [File(bare, *data)] if data else []


def _attributes(octets: bytes) -> Iterator[tuple[int, int, int]]:
    """Id, offset and length of each attribute's data."""
    if len(octets) < 6 or struct.unpack_from("<I", octets)[0] != SIGNATURE:
        return
    at = 6
    for _ in range(MOST_ATTRIBUTES):
        if at + 9 > len(octets):
            return
        _, kind, length = struct.unpack_from("<BII", octets, at)
        begin = at + 9
        if begin + length > len(octets):
            return
        yield kind, begin, length
        at = begin + length + 2


def _long_name(octets: bytes) -> str:
    """PidTagAttachLongFilename among the properties of an attachment (§2.1.3.4.3); empty when it is not found."""
    if len(octets) < 4:
        return ""
    (count,), at = struct.unpack_from("<I", octets), 4
    for _ in range(min(count, _MOST_PROPERTIES)):
        if at + 4 > len(octets):
            return ""
        kind, tag = struct.unpack_from("<HH", octets, at)
        at += 4
        # Named properties and several values at once: nothing that a file's name stands behind has them.
        if tag >= 0x8000:
            return ""
        if kind in _FIXED:
            at += _FIXED[kind]
            continue
        if kind not in _VARIABLE or at + 8 > len(octets):
            return ""
        _, length = struct.unpack_from("<II", octets, at)
        at += 8
        if tag == _LONG_NAME and kind in _STRINGS:
            return _text(octets[at : at + length], _STRINGS[kind])
        at += length + -length % 4
    return ""


def _text(octets: bytes, charset: str) -> str:
    return octets.decode(charset, "replace").partition("\x00")[0]
