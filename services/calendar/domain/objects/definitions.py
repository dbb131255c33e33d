"""VTIMEZONEs of the tz database (RFC 5545 §3.6.5), for what we write: changes since 2000, and the rule by which they go
on where there is one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.rules import DAY_NAMES
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import local_of, write_moment
from services.calendar.domain.objects.zones import FixedZone, KnownZone, known_zone

FIRST_YEAR, LAST_YEAR = 2000, 2037
# A change that comes by the same rule in each of these years goes on by it.
_RULE_YEARS = range(2030, LAST_YEAR + 1)
_STEP = timedelta(days=14)


@lru_cache(maxsize=256)
def time_zone(tzid: str) -> Node | None:
    """The definition under the name that is asked for; None where the tz database does not know it."""
    zone = known_zone(tzid)
    if isinstance(zone, FixedZone):
        offset = timedelta(seconds=zone.offset)
        return Node("VTIMEZONE", [made("TZID", tzid)], [_observance("STANDARD", _BEGIN, offset, offset, "UTC")])
    if not isinstance(zone, KnownZone):
        return None
    info = zone.info
    changes = list(_changes(info))
    begin = _BEGIN.astimezone(info)
    offset = begin.utcoffset() or timedelta()
    first = _observance("STANDARD", _BEGIN, offset, offset, begin.tzname() or tzid)
    return Node("VTIMEZONE", [made("TZID", tzid)], [first, *_observances(info, changes)])


_BEGIN = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


def _offset(info: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(info).utcoffset() or timedelta()


def _changes(info: ZoneInfo) -> Iterator[datetime]:
    """Moments at which the offset changes, looked for in steps that no two changes fall in."""
    at, end = _BEGIN, datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    before = _offset(info, at)
    while at < end:
        following = at + _STEP
        after = _offset(info, following)
        if after != before:
            low, high = at, following
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if _offset(info, middle) == before else (low, middle)
            yield high
            before = after
        at = following


def _observances(info: ZoneInfo, changes: list[datetime]) -> Iterator[Node]:
    """Those of a rule as one each, the others by themselves."""
    groups: dict[tuple[str, timedelta, timedelta, str, str], list[datetime]] = {}
    for change in changes:
        before, after = _offset(info, change - timedelta(seconds=1)), _offset(info, change)
        local = change.astimezone(info)
        onset = (change + before).replace(tzinfo=None)
        name = "DAYLIGHT" if local.dst() else "STANDARD"
        groups.setdefault((name, before, after, local.tzname() or "", onset.strftime("%H%M%S")), []).append(onset)
    for (name, before, after, zone_name, _), onsets in groups.items():
        rule, since = _rule(onsets)
        for onset in onsets:
            if onset < since:
                yield _observance(name, onset, before, after, zone_name)
        if rule:
            node = _observance(name, since, before, after, zone_name)
            node.lines.append(made("RRULE", rule))
            yield node


def _rule(onsets: list[datetime]) -> tuple[str, datetime]:
    """By which yearly rule the last of these go on, and from when on it has held without a gap; else an empty one."""
    late = [onset for onset in onsets if onset.year in _RULE_YEARS]
    if [onset.year for onset in late] != list(_RULE_YEARS):
        return "", datetime.max  # noqa: DTZ901
    for nth in (-1, 1, 2, 3, 4):
        month, weekday = late[0].month, late[0].weekday()
        if all(onset.date() == _nth(onset.year, month, weekday, nth) for onset in late):
            since = late[0]
            for onset in reversed(onsets):
                if onset.year < since.year - 1 or onset.date() != _nth(onset.year, month, weekday, nth):
                    break
                since = min(since, onset)
            return f"FREQ=YEARLY;BYMONTH={month};BYDAY={nth}{DAY_NAMES[weekday]}", since
    return "", datetime.max  # noqa: DTZ901


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def _observance(name: str, onset: datetime, before: timedelta, after: timedelta, zone_name: str) -> Node:
    lines = [
        made("DTSTART", write_moment(local_of(onset))),
        made("TZOFFSETFROM", _written(before)),
        made("TZOFFSETTO", _written(after)),
        made("TZNAME", zone_name),
    ]
    return Node(name, lines)


def _written(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    rest = abs(seconds)
    text = f"{'-' if seconds < 0 else '+'}{rest // 3600:02d}{rest // 60 % 60:02d}"
    return f"{text}{rest % 60:02d}" if rest % 60 else text
