"""Values of iCalendar (RFC 5545 §3.3): moments, durations, periods. Local times are counted in seconds.

A local time is the number of seconds from 1970-01-01T00:00:00 to it on the same clock; a zone makes a moment of it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

DAY = 86_400
EPOCH_DAY = date(1970, 1, 1).toordinal()
# The first second of the year 1, and the last of 9999.
EARLIEST, LATEST = (1 - EPOCH_DAY) * DAY, (date.max.toordinal() - EPOCH_DAY) * DAY + DAY - 1
# What is planned lies between these, the years 2 to 9998: a year from either end, so that every clock, and every
# margin, can tell it.
FIRST, LAST = EARLIEST + 365 * DAY, LATEST - 365 * DAY
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,7})D)?(?:T?(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10})S)?)?", re.I | re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?", re.ASCII)


@dataclass(frozen=True)
class Moment:
    """A DATE or DATE-TIME as it stands: `local` seconds, and which clock they are of: a TZID, UTC, or none (floating).
    A `date` has no clock and is floating."""

    local: int
    date: bool = False
    utc: bool = False
    tzid: str = ""

    @property
    def floating(self) -> bool:
        return not self.utc and not self.tzid


def read_moment(text: str, tzid: str = "") -> Moment | None:
    """None where it is no DATE or DATE-TIME. A leap second (60) is the second before it; `24:00:00` is the next day."""
    match = _MOMENT.fullmatch(text.strip().upper())
    if match is None:
        return None
    try:
        days = date(int(match[1]), int(match[2]), int(match[3])).toordinal() - EPOCH_DAY
    except ValueError:
        return None
    if match[4] is None:
        return Moment(days * DAY, date=True)
    hour, minute, second = int(match[4]), int(match[5]), int(match[6])
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    local = days * DAY + hour * 3600 + minute * 60 + min(second, 59)
    utc = bool(match[7])
    return Moment(min(local, LATEST), utc=utc, tzid="" if utc else tzid)


def write_moment(local: int, *, is_date: bool = False, utc: bool = False) -> str:
    days, seconds = divmod(min(max(local, EARLIEST), LATEST), DAY)
    day = date.fromordinal(days + EPOCH_DAY)
    text = f"{day.year:04d}{day.month:02d}{day.day:02d}"
    if is_date:
        return text
    return f"{text}T{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}{'Z' if utc else ''}"


def local_of(moment: datetime) -> int:
    """Seconds of what its clock shows."""
    return (moment.toordinal() - EPOCH_DAY) * DAY + moment.hour * 3600 + moment.minute * 60 + moment.second


def datetime_of(local: int) -> datetime:
    """A naive datetime of local seconds, held within the years 1 to 9999."""
    return datetime(1970, 1, 1) + timedelta(seconds=min(max(local, EARLIEST), LATEST))  # noqa: DTZ001


def unix_of(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp() if moment.tzinfo is None else moment.timestamp())


@dataclass(frozen=True)
class Length:
    """A DURATION: days are on the clock, seconds are exact (RFC 5545 §3.3.6)."""

    days: int = 0
    seconds: int = 0

    @property
    def total(self) -> int:
        return self.days * DAY + self.seconds


def read_duration(text: str) -> Length | None:
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]):
        return None
    sign = -1 if match[1] == "-" else 1
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:])
    limit = 400 * 366
    if weeks * 7 + days > limit or hours * 3600 + minutes * 60 + seconds > limit * DAY:
        return None
    return Length(sign * (weeks * 7 + days), sign * (hours * 3600 + minutes * 60 + seconds))


def write_duration(seconds: int) -> str:
    """The shortest exact form of a length in seconds."""
    sign, rest = ("-" if seconds < 0 else ""), abs(seconds)
    days, rest = divmod(rest, DAY)
    hours, minutes, left = rest // 3600, rest // 60 % 60, rest % 60
    parts = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if value)
    return f"{sign}P{f'{days}D' if days else ''}{f'T{parts}' if parts else ''}" if days or parts else "PT0S"


def read_offset(text: str) -> int | None:
    """A UTC-OFFSET in seconds."""
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        return None
    seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4] or 0)
    return -seconds if match[1] == "-" else seconds


def read_number(text: str) -> int:
    """A short integer; 0 for what is none."""
    stripped = text.strip()
    return int(stripped) if re.fullmatch(r"[+-]?[0-9]{1,9}", stripped) else 0
