"""Timestamps (RFC 3339, UTC, as precise as needed) and durations ("1.5s"), as ProtoJSON writes them."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.protojson.faults import Fault

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# From 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
_LONGEST = 315_576_000_000
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s", re.ASCII)


def _fraction(nanos: int) -> str:
    if not nanos:
        return ""
    if nanos % 1_000_000 == 0:
        return f".{nanos // 1_000_000:03d}"
    if nanos % 1000 == 0:
        return f".{nanos // 1000:06d}"
    return f".{nanos:09d}"


@lru_cache(maxsize=1024)
def _date(days: int) -> str:
    """What is listed together is mostly of the same days."""
    return (_EPOCH + timedelta(days=days)).isoformat()[:10]


def write_timestamp(value: Timestamp) -> str:
    """Raises `ValueError` outside of years 1 to 9999."""
    seconds, nanos = value.seconds, value.nanos
    if not _FIRST <= seconds <= _LAST or not 0 <= nanos < 1_000_000_000:
        raise ValueError("timestamp out of range")
    days, second = divmod(seconds, 86_400)
    minute = second // 60
    time = f"{_date(days)}T{minute // 60:02d}:{minute % 60:02d}:{second % 60:02d}"
    return f"{time}{_fraction(nanos)}Z" if nanos else f"{time}Z"


def write_duration(value: Duration) -> str:
    seconds, nanos = value.seconds, value.nanos
    if abs(seconds) > _LONGEST or abs(nanos) >= 1_000_000_000 or seconds * nanos < 0:
        raise ValueError("duration out of range")
    return f"{'-' if seconds < 0 or nanos < 0 else ''}{abs(seconds)}{_fraction(abs(nanos))}s"


def read_timestamp(message: Timestamp, given: object) -> None:
    found = _TIMESTAMP.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise Fault("must be a time such as 2026-01-31T08:30:00Z")
    date, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(date + ("+00:00" if zone == "Z" else zone))
    except ValueError as error:
        raise Fault("is not a time of the calendar") from error
    since = moment - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    if not _FIRST <= seconds <= _LAST:
        raise Fault("is outside of the years 1 to 9999")
    message.seconds, message.nanos = seconds, int((fraction or "").ljust(9, "0"))


def read_duration(message: Duration, given: object) -> None:
    found = _DURATION.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise Fault('must be a duration such as "1.5s"')
    sign = -1 if found[1] else 1
    seconds, nanos = int(found[2]), int((found[3] or "").ljust(9, "0"))
    if seconds > _LONGEST:
        raise Fault("is longer than 10,000 years")
    message.seconds, message.nanos = sign * seconds, sign * nanos
