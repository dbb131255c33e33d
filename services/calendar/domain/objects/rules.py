"""Recurrence rules (RFC 5545 §3.3.10): read once into numbers, or the reason why one is refused."""

import re
from dataclasses import dataclass

from services.calendar.domain.objects.values import Moment, read_moment

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_SUB_DAILY = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
DAY_NAMES = tuple(_DAYS)
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
MAX_RULE = 8_192
MAX_COUNT = 10_000
MAX_INTERVAL = 10_000
MAX_TIMES_A_DAY = 96


@dataclass(frozen=True)
class Rule:
    """Lists are sorted and without doubles; `by_day` pairs the n (0: every) with the weekday (0 Monday)."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    by_second: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0


# Part: field, least, greatest, whether negative ones count from the end.
_LISTS: dict[str, tuple[str, int, int, bool]] = {
    "BYSECOND": ("by_second", 0, 60, False),
    "BYMINUTE": ("by_minute", 0, 59, False),
    "BYHOUR": ("by_hour", 0, 23, False),
    "BYMONTHDAY": ("by_month_day", 1, 31, True),
    "BYYEARDAY": ("by_year_day", 1, 366, True),
    "BYWEEKNO": ("by_week", 1, 53, True),
    "BYMONTH": ("by_month", 1, 12, False),
    "BYSETPOS": ("by_position", 1, 36_600, True),
}


def read_rule(text: str) -> Rule | str:
    """The rule, or why it is none. Parts of other standards (`X-…`) are passed over."""
    if len(text) > MAX_RULE:
        return f"a rule may have {MAX_RULE} characters"
    parts: dict[str, str] = {}
    for each in text.strip().strip(";").upper().split(";"):
        name, equals, value = each.strip().partition("=")
        if not equals or not value:
            return f"{each[:40]!r} is no part of a rule"
        if name in parts:
            return f"{name[:40]} stands twice in a rule"
        parts[name] = value.strip()
    try:
        return _rule_of(parts)
    except _RefusedError as error:
        return str(error)


class _RefusedError(Exception):
    """Why a rule is none."""


def _rule_of(parts: dict[str, str]) -> Rule:
    frequency = parts.get("FREQ", "")
    if frequency in _SUB_DAILY:
        raise _RefusedError(f"FREQ={frequency} is more often than daily")
    if frequency not in FREQUENCIES:
        raise _RefusedError("a rule needs a FREQ of DAILY, WEEKLY, MONTHLY or YEARLY")
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.get("SKIP", "OMIT") != "OMIT":
        raise _RefusedError("only rules of the Gregorian calendar that leave out what is no date are kept")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _RefusedError("COUNT and UNTIL exclude each other")
    interval = _number(parts.get("INTERVAL", "1"), "INTERVAL", 1, MAX_INTERVAL)
    count = _number(parts["COUNT"], "COUNT", 1, MAX_COUNT) if "COUNT" in parts else None
    until = read_moment(parts["UNTIL"]) if "UNTIL" in parts else None
    if "UNTIL" in parts and until is None:
        raise _RefusedError("UNTIL is no date")
    lists = {_LISTS[part][0]: _list(parts[part], part, *_LISTS[part][1:]) for part in _LISTS if part in parts}
    if len(lists.get("by_hour", (0,))) * len(lists.get("by_minute", (0,))) * len(lists.get("by_second", (0,))) > (
        MAX_TIMES_A_DAY
    ):
        raise _RefusedError(f"a rule may name {MAX_TIMES_A_DAY} times of a day")
    week_start = _DAYS.get(parts.get("WKST", "MO"))
    if week_start is None:
        raise _RefusedError("WKST is no day")
    return Rule(
        frequency=frequency,
        interval=interval,
        count=count,
        until=until,
        by_day=_by_day(parts["BYDAY"]) if "BYDAY" in parts else (),
        week_start=week_start,
        **lists,
    )


def _number(text: str, part: str, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise _RefusedError(f"{part} has to be from {least} to {most}")
    return int(text)


def _list(text: str, part: str, least: int, most: int, both: bool) -> tuple[int, ...]:
    values = set()
    for each in text.split(","):
        value = int(each) if _NUMBER.fullmatch(each.strip()) else None
        size = abs(value) if both and value is not None else value
        if value is None or size is None or not least <= size <= most:
            raise _RefusedError(f"{part} has a value that is out of range")
        values.add(value)
    return tuple(sorted(values))


def _by_day(text: str) -> tuple[tuple[int, int], ...]:
    days = set()
    for each in text.split(","):
        match = _BY_DAY.fullmatch(each.strip())
        if match is None or (match[1] is not None and not 1 <= abs(int(match[1])) <= 53):
            raise _RefusedError("BYDAY names no day")
        days.add((int(match[1] or 0), _DAYS[match[2]]))
    return tuple(sorted(days))
