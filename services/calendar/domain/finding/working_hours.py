"""When a person or a unit works: spans of each day of the week, as the clock on the wall shows them.

The usual hours of Togo's administration are 07:00 to 12:00 and 14:30 to 17:30, from Monday to Friday, as the minister
of the public service recalled them on 15 June 2020 (https://www.gakogoe.tg/togo-ministere-de-la-fonction-publique-et-
levee-du-couvre-feu-les-anciens-horaires-de-travail-retablis/).
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from chassis.errors import InvalidInput
from services.calendar.domain.calendars import zone_given
from services.calendar.domain.finding.spans import Span, merged, within

HOME = "Africa/Lome"
MOST_SPANS_A_DAY = 8
DAY = 24 * 60
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)


class Hours(Protocol):
    """Whatever says when somebody can be met."""

    def open(self, start: int, end: int, closed: Collection[date] = ()) -> list[Span]:
        """The spans between two moments that are open, but on the days that are closed to everybody."""
        ...


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """`days`: Monday first, each with its spans in minutes since midnight, sorted and disjoint. One that ends at 1440
    ends with the day."""

    zone: str
    days: tuple[tuple[tuple[int, int], ...], ...]

    def open(self, start: int, end: int, closed: Collection[date] = ()) -> list[Span]:
        """Days are those of the hours' own zone."""
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(start, zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(end, zone).date()
        found: list[Span] = []
        while day <= last:
            if day not in closed:
                found += [(_moment(day, a, zone), _moment(day, b, zone)) for a, b in self.days[day.weekday()]]
            day += timedelta(days=1)
        # RFC 5545 §3.3.5: what the clocks skip comes as much later, where it may meet the next span; of an hour that
        # comes twice the first counts.
        return within(merged(found), start, end)


_DAY = ((7 * 60, 12 * 60), (14 * 60 + 30, 17 * 60 + 30))
USUAL = WorkingHours(HOME, (*(_DAY,) * 5, (), ()))
ALWAYS = WorkingHours(HOME, (((0, DAY),),) * 7)


def _moment(day: date, minute: int, zone: ZoneInfo) -> int:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    return int(at.replace(tzinfo=zone).timestamp())


def closed_spans(zone: str, start: int, end: int, closed: Collection[date]) -> list[Span]:
    """Days as spans of a window."""
    clock, day = ZoneInfo(zone), timedelta(days=1)
    days = (at for at in closed if start - 2 * 86400 < _moment(at, 0, clock) < end + 2 * 86400)
    return within(merged((_moment(at, 0, clock), _moment(at + day, 0, clock)) for at in days), start, end)


def hours_given(zone: str, given: Iterable[tuple[int, str, str]]) -> WorkingHours:
    """Hours from (day of the week, from, until): Monday is 1 (ISO 8601), times are "07:00". Raises `InvalidInput`."""
    zone_given(zone)
    days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for weekday, start, end in given:
        if not 1 <= weekday <= 7:
            raise InvalidInput("Not a day of the week", fields={"weekday": "1, which is Monday, to 7"})
        first, last = _minute(start), _minute(end)
        if first >= last:
            raise InvalidInput("Hours have to end after they start", fields={"until": f"after {start}"})
        days[weekday - 1].append((first, last))
        if len(days[weekday - 1]) > MOST_SPANS_A_DAY:
            raise InvalidInput("Too many spans in a day", fields={"hours": f"at most {MOST_SPANS_A_DAY} a day"})
    return WorkingHours(zone, tuple(tuple(merged(day)) for day in days))


def _minute(clock: str) -> int:
    read = _CLOCK.fullmatch(clock)
    minute = int(read[1]) * 60 + int(read[2]) if read else DAY + 1
    if minute > DAY:
        raise InvalidInput("Not a time of the day", fields={"time": "00:00 to 24:00"})
    return minute


def shown_clock(minute: int) -> str:
    """A minute of the day as a clock shows it: "14:30"."""
    return f"{minute // 60:02}:{minute % 60:02}"
