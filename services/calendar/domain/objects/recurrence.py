"""What a rule gives, in order, in local seconds. Every period looked at and every candidate within is a step.

Who expands gives the steps that may be taken: nothing here can go on for longer, whatever a rule says. Rules are taken
period by period (RFC 5545 §3.3.10), so one without COUNT begins at any of them.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from services.calendar.domain.objects.rules import Rule
from services.calendar.domain.objects.values import DAY, EPOCH_DAY

_LAST_DAY = date.max.toordinal() - EPOCH_DAY
_FIRST_DAY = 1 - EPOCH_DAY


class Steps:
    """How much work is left. `spent` says that an expansion stopped before its end."""

    __slots__ = ("left", "spent")

    def __init__(self, most: int) -> None:
        self.left = most
        self.spent = False

    def take(self, count: int = 1) -> bool:
        self.left -= count
        if self.left < 0:
            self.spent = True
        return not self.spent


def locals_of(rule: Rule, start: int, steps: Steps, since: int | None = None) -> Iterator[int]:
    """Local seconds of what the rule gives from `start` on, at most COUNT. UNTIL is for the caller, who knows the
    zone. With `since`, a rule without COUNT may leave out what is before."""
    day, second = divmod(start, DAY)
    times = _times_of(rule, second)
    left = rule.count if rule.count is not None else -1
    skip_to = day if since is None or rule.count is not None else max(day, since // DAY - 1)
    if _is_plain(rule, day):
        yield from _evenly(rule, start, day, skip_to, steps)
        return
    for days in _PERIODS[rule.frequency](rule, day, skip_to, steps):
        found = _positions(rule, days, times) if rule.by_position else None
        if found is not None and not steps.take(len(rule.by_position) // 4):
            return
        for local in found if found is not None else (each * DAY + at for each in days for at in times):
            if local < start:
                continue
            if left == 0 or not steps.take():
                return
            left -= 1
            yield local
        if left == 0:
            return


def _is_plain(rule: Rule, day: int) -> bool:
    """Whether it gives one instance every so many days, which most rules do."""
    if rule.by_month or rule.by_month_day or rule.by_year_day or rule.by_position:
        return False
    if rule.by_hour or rule.by_minute or rule.by_second or rule.frequency not in ("DAILY", "WEEKLY"):
        return False
    return not rule.by_day or (rule.frequency == "WEEKLY" and rule.by_day == ((0, _weekday(day)),))


def _evenly(rule: Rule, start: int, day: int, skip_to: int, steps: Steps) -> Iterator[int]:
    every = rule.interval * (7 if rule.frequency == "WEEKLY" else 1)
    first = start + (skip_to - day) // every * every * DAY
    found = range(first, (_LAST_DAY + 1) * DAY, every * DAY)
    for local in found if rule.count is None else found[: rule.count]:
        steps.left -= 1
        if steps.left < 0:
            steps.spent = True
            return
        yield local


def _times_of(rule: Rule, second: int) -> tuple[int, ...]:
    hours = rule.by_hour or (second // 3600,)
    minutes = rule.by_minute or (second // 60 % 60,)
    seconds = sorted({min(each, 59) for each in rule.by_second}) or (second % 60,)
    return tuple(hour * 3600 + minute * 60 + each for hour in hours for minute in minutes for each in seconds)


def _positions(rule: Rule, days: list[int], times: tuple[int, ...]) -> list[int]:
    """BYSETPOS: the named ones of a period, without making the others."""
    size = len(days) * len(times)
    indexes = {at - 1 if at > 0 else size + at for at in rule.by_position if abs(at) <= size}
    return [days[index // len(times)] * DAY + times[index % len(times)] for index in sorted(indexes)]


def _daily(rule: Rule, day: int, skip_to: int, steps: Steps) -> Iterator[list[int]]:
    at = day + (skip_to - day) // rule.interval * rule.interval
    plain = not (rule.by_month or rule.by_month_day or rule.by_day or rule.by_year_day)
    while at <= _LAST_DAY and steps.take():
        if plain or _passes(rule, at):
            yield [at]
        at += rule.interval


def _weekly(rule: Rule, day: int, skip_to: int, steps: Steps) -> Iterator[list[int]]:
    length = 7 * rule.interval
    monday = day - (_weekday(day) - rule.week_start) % 7
    at = monday + (skip_to - monday) // length * length
    wanted = {weekday for _, weekday in rule.by_day} or {_weekday(day)}
    offsets = sorted((weekday - rule.week_start) % 7 for weekday in wanted)
    filtered = bool(rule.by_month or rule.by_month_day or rule.by_year_day)
    while at <= _LAST_DAY and steps.take():
        days = [at + offset for offset in offsets if at + offset <= _LAST_DAY]
        if filtered:
            days = [each for each in days if each >= _FIRST_DAY and _passes(rule, each)]
        if days:
            yield days
        at += length


def _monthly(rule: Rule, day: int, skip_to: int, steps: Steps) -> Iterator[list[int]]:
    first = date.fromordinal(day + EPOCH_DAY)
    start = first.year * 12 + first.month - 1
    there = date.fromordinal(min(skip_to, _LAST_DAY) + EPOCH_DAY)
    at = start + (there.year * 12 + there.month - 1 - start) // rule.interval * rule.interval
    months = frozenset(rule.by_month)
    by_month_day, by_day = rule.by_month_day or (() if rule.by_day else (first.day,)), rule.by_day
    weight = 1 + (len(by_month_day) + 5 * len(by_day)) // 4
    while at < 10_000 * 12 and steps.take(weight):
        year, month = at // 12, at % 12 + 1
        if not months or month in months:
            days = _in_month(year, month, by_month_day, by_day)
            if rule.by_year_day:
                days = tuple(each for each in days if _year_day_passes(rule, each))
            if days:
                yield list(days)
        at += rule.interval


def _yearly(rule: Rule, day: int, skip_to: int, steps: Steps) -> Iterator[list[int]]:
    first = date.fromordinal(day + EPOCH_DAY)
    there = date.fromordinal(min(skip_to, _LAST_DAY) + EPOCH_DAY)
    year = first.year + (there.year - first.year) // rule.interval * rule.interval
    in_months = (len(rule.by_month) or 12) * (len(rule.by_month_day) + 5 * len(rule.by_day))
    weight = 1 + (len(rule.by_year_day) + 7 * len(rule.by_week) + in_months) // 2
    while year < 10_000 and steps.take(weight):
        days = sorted(_in_year(rule, year, first))
        if days:
            yield days
        year += rule.interval


_PERIODS = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}


def _in_year(rule: Rule, year: int, first: date) -> set[int]:
    """Days of a year, by the table of RFC 5545 §3.3.10: what the coarsest part names, limited by the others."""
    if rule.by_year_day or rule.by_week:
        return _by_year_parts(rule, year, first)
    months = rule.by_month or (range(1, 13) if rule.by_month_day or rule.by_day else (first.month,))
    if rule.by_month_day or not rule.by_day:
        numbers = rule.by_month_day or (first.day,)
        return {day for month in months for day in _in_month(year, month, numbers, rule.by_day)}
    if rule.by_month:
        return {day for month in months for day in _in_month(year, month, (), rule.by_day)}
    return set(_nth_days(_ordinal(year, 1, 1), 366 if _leap(year) else 365, rule.by_day))


def _by_year_parts(rule: Rule, year: int, first: date) -> set[int]:
    start, length = _ordinal(year, 1, 1), 366 if _leap(year) else 365
    days: set[int] | None = None
    if rule.by_year_day:
        days = {start + (at - 1 if at > 0 else length + at) for at in rule.by_year_day if abs(at) <= length}
    if rule.by_week:
        weeks = set(_week_days(rule, year))
        days = weeks if days is None else days & weeks
    found = days or set()
    weekdays = {weekday for _, weekday in rule.by_day}
    if not weekdays and not rule.by_year_day and not rule.by_month_day:
        weekdays = {first.weekday()}
    if weekdays:
        found = {day for day in found if _weekday(day) in weekdays}
    if rule.by_month or rule.by_month_day:
        found = {day for day in found if _month_passes(rule, day)}
    return found


def _week_days(rule: Rule, year: int) -> Iterable[int]:
    """Days of this year that lie in the weeks named; the first week has four days at least in the year it counts for,
    so that it can begin in the year before and the last one end in the next."""
    for of_year in (year - 1, year, year + 1):
        if not 1 <= of_year <= 9999:
            continue
        first, weeks = _first_week(of_year, rule.week_start)
        for number in rule.by_week:
            index = number - 1 if number > 0 else weeks + number
            if 0 <= index < weeks:
                begin = first + 7 * index
                for day in range(begin, begin + 7):
                    if _FIRST_DAY <= day <= _LAST_DAY and date.fromordinal(day + EPOCH_DAY).year == year:
                        yield day


@lru_cache(maxsize=2048)
def _first_week(year: int, week_start: int) -> tuple[int, int]:
    """The day on which week 1 begins, and how many weeks the year has."""
    first = _week_one(_ordinal(year, 1, 1), week_start)
    following = _week_one(_ordinal(year, 1, 1) + (366 if _leap(year) else 365), week_start)
    return first, (following - first) // 7


def _week_one(new_year: int, week_start: int) -> int:
    behind = (_weekday(new_year) - week_start) % 7
    return new_year - behind if behind <= 3 else new_year + 7 - behind


@lru_cache(maxsize=8192)
def _in_month(
    year: int, month: int, by_month_day: tuple[int, ...], by_day: tuple[tuple[int, int], ...]
) -> tuple[int, ...]:
    """Days of a month: the numbers named, or the weekdays, or what is both."""
    start, length = _ordinal(year, month, 1), monthrange(year, month)[1]
    if not by_month_day:
        return tuple(sorted(_nth_days(start, length, by_day)))
    numbers = {start + (at - 1 if at > 0 else length + at) for at in by_month_day if abs(at) <= length}
    if by_day:
        numbers &= set(_nth_days(start, length, by_day))
    return tuple(sorted(numbers))


def _nth_days(start: int, length: int, by_day: tuple[tuple[int, int], ...]) -> Iterable[int]:
    """Days of a span by weekday: every one, the nth, or the nth from its end."""
    found: set[int] = set()
    end = start + length
    for nth, weekday in by_day:
        first = start + (weekday - _weekday(start)) % 7
        if nth == 0:
            found.update(range(first, end, 7))
        elif nth > 0:
            found.add(first + 7 * (nth - 1))
        else:
            last = end - 1 - (_weekday(end - 1) - weekday) % 7
            found.add(last + 7 * (nth + 1))
    return (day for day in found if start <= day < end)


def _passes(rule: Rule, day: int) -> bool:
    """Whether a day of a DAILY or WEEKLY rule is left by the parts that limit it."""
    if rule.by_day and rule.frequency == "DAILY" and _weekday(day) not in {weekday for _, weekday in rule.by_day}:
        return False
    return _month_passes(rule, day) and (not rule.by_year_day or _year_day_passes(rule, day))


def _month_passes(rule: Rule, day: int) -> bool:
    at = date.fromordinal(day + EPOCH_DAY)
    if rule.by_month and at.month not in rule.by_month:
        return False
    if not rule.by_month_day:
        return True
    return at.day in rule.by_month_day or at.day - monthrange(at.year, at.month)[1] - 1 in rule.by_month_day


def _year_day_passes(rule: Rule, day: int) -> bool:
    at = date.fromordinal(day + EPOCH_DAY)
    number = at.timetuple().tm_yday
    return number in rule.by_year_day or number - (366 if _leap(at.year) else 365) - 1 in rule.by_year_day


def _ordinal(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - EPOCH_DAY


def _weekday(day: int) -> int:
    """0 is Monday; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
