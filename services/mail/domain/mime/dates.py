"""The Date field (RFC 5322 §3.3)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_MONTHS = {month: number for number, month in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DATE = re.compile(
    rb"\s*(?:[A-Za-z]{3},)?\s*(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+"
    rb"([+-])(\d{2})(\d{2})\b"
)


def date_of(value: bytes) -> datetime | None:
    """The date with its zone; None when it cannot be read. A missing or unknown zone counts as UTC."""
    found = _DATE.match(value)
    try:
        if found is None:
            read = parsedate_to_datetime(value[:200].decode("ascii", "replace"))
            return read if read.tzinfo else read.replace(tzinfo=UTC)
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        zone = UTC if not offset else timezone(-offset if sign == b"-" else offset)
        return datetime(
            int(year),
            _MONTHS[month.lower()],
            int(day),
            int(hour),
            int(minute),
            min(int(second or 0), 59),
            tzinfo=zone,
        )
    except (ValueError, TypeError, IndexError, KeyError, OverflowError):
        return None
