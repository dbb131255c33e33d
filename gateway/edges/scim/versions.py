"""Versions of resources: `W/"<version>.<check>"`, of which directory knows the first part (RFC 7644 §3.14)."""

import re
import zlib

_VERSION = re.compile(r'(?:W/)?"(\d{1,18})\.[0-9a-f]{8}"')


def tag_of(version: int, shown: str) -> str:
    """The tag of a version, and a check of what is shown of others beside: a change of that is one of what is seen."""
    return f'W/"{version}.{zlib.crc32(shown.encode()):08x}"'


def version_of(tag: str | None) -> int:
    """The version that a write expects; 0 for any."""
    found = _VERSION.fullmatch(tag or "")
    return int(found[1]) if found else 0
