"""Range, If-Range and If-None-Match (RFC 9110 §13 and §14), for one range of octets."""

import re
from dataclasses import dataclass

from gateway.problems import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=\s*(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Slice:
    """Octets from `offset`, `length` of them."""

    offset: int
    length: int

    def content_range(self, whole: int) -> str:
        return f"bytes {self.offset}-{self.offset + self.length - 1}/{whole}"


def asks_for_range(header: str | None) -> bool:
    """Whether it is a single range of octets; anything else is answered whole (RFC 9110 §14.2)."""
    found = _RANGE.fullmatch(header) if header else None
    return found is not None and not (found[2] is not None and int(found[2]) < int(found[1]))


def slice_of(header: str, whole: int) -> Slice:
    """The slice of something of `whole` octets. Raises `RangeNotSatisfiable`."""
    found = _RANGE.fullmatch(header)
    if found is None:
        raise ValueError(header)
    first, last, suffix = found.groups()
    if suffix is not None:
        length = min(int(suffix), whole)
        if not length:
            raise RangeNotSatisfiable(whole)
        return Slice(whole - length, length)
    offset = int(first)
    if offset >= whole:
        raise RangeNotSatisfiable(whole)
    end = min(int(last), whole - 1) if last is not None else whole - 1
    return Slice(offset, end - offset + 1)


def quoted(etag: str) -> str:
    """A strong validator as a header field has it."""
    return etag if not etag or etag.startswith(('"', "W/")) else f'"{etag}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has it already; weak comparison (RFC 9110 §8.8.3.2)."""
    if if_none_match is None or not etag:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(tag.strip().removeprefix("W/") == etag.removeprefix("W/") for tag in if_none_match.split(","))


def range_holds(if_range: str | None, etag: str) -> bool:
    """Whether a range of what the client has seen is a range of what there is; strong comparison, no dates."""
    return if_range is None or (bool(etag) and not etag.startswith("W/") and if_range.strip() == etag)
