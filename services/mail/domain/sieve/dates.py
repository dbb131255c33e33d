"""Parts of a date (RFC 5260 §4.2), as strings that compare."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

from services.mail.domain.mime.dates import date_of

# Togo's own time is UTC; a script that wants another says so.
LOCAL = UTC
# The ordinal of Modified Julian Day 0, 17 November 1858.
_JULIAN = 678576


def zone_of(written: str) -> timezone:
    """`+0100`."""
    offset = timedelta(hours=int(written[1:3]), minutes=int(written[3:]))
    return timezone(-offset if written[0] == "-" else offset)


def read(value: bytes) -> datetime | None:
    """The date in a field: all of it, or what stands behind the last semicolon, as in Received."""
    found = date_of(value.rpartition(b";")[2] if b";" in value else value)
    # At the ends of the calendar no other zone can be told.
    return found if found is not None and 1 < found.year < 9999 else None


def part(moment: datetime, name: str) -> str:
    """One part of a date, in the zone that the date has."""
    match name.lower():
        case "year":
            return f"{moment.year:04}"
        case "date":
            return f"{moment.year:04}-{moment:%m-%d}"
        case "julian":
            return str(moment.toordinal() - _JULIAN)
        case "time":
            return f"{moment:%H:%M:%S}"
        case "iso8601":
            whole = moment.replace(microsecond=0).isoformat()
            return whole if moment.utcoffset() else f"{whole.removesuffix('+00:00')}Z"
        case "std11":
            return format_datetime(moment)
        case "zone":
            return f"{moment:%z}"
        case "weekday":
            return f"{moment:%w}"
        case plain:
            return f"{moment:{_PLAIN[plain]}}"


_PLAIN = {"month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}
