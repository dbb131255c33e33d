"""Times of CalDAV's XML: UTC date-times of time ranges (RFC 4791 §9.9)."""

import re
from datetime import UTC, datetime

from workspace.calendar.v1 import filters_pb2 as pb

from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.names import caldav

_UTC = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z", re.ASCII)


def moment_of(text: str) -> int:
    """Seconds since 1970. Raises `ValueError`."""
    found = _UTC.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = map(int, found.groups())
    return int(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).timestamp())


def range_of(given: Element | None, *, both: bool = False) -> pb.TimeRange | None:
    """A time range; with `both`, neither end may be open. Raises `Malformed`, `DavError`."""
    if given is None:
        return None
    ends = {name: text for name in ("start", "end") if (text := given.get(name, ""))}
    if len(ends) < (2 if both else 1):
        raise Malformed("A time range has start and end" if both else "A time range has start or end")
    try:
        made = pb.TimeRange(**{name: moment_of(text) for name, text in ends.items()})
    except ValueError:
        raise DavError(403, "A time is a date with UTC time", condition=caldav("valid-filter")) from None
    if len(ends) == 2 and made.end <= made.start:
        raise DavError(403, "A time range ends after it begins", condition=caldav("valid-filter"))
    return made


def written(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y%m%dT%H%M%SZ")
