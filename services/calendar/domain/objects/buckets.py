"""Spans of time by which an index finds objects: whole weeks since 1970-01-05 (`w<n>`), months since 1970-01 (`m<n>`).

What does not recur stands in the weeks that it touches; what recurs, or lasts over eight weeks, in months. `open` holds
what is not known to its end: it is asked for with every window.
"""

from collections.abc import Iterable
from datetime import date

from services.calendar.domain.objects.values import DAY, EARLIEST, EPOCH_DAY, LATEST

OPEN = "open"
MAX_WEEKS = 8
# An object that would stand in more stands in `open` instead.
MAX_MONTHS = 400
# A window of more buckets is not narrowed by them.
MAX_ASKED = 500


def week_of(moment: int) -> int:
    return (moment // DAY - 4) // 7


def month_of(moment: int) -> int:
    day = date.fromordinal(min(max(moment, EARLIEST), LATEST) // DAY + EPOCH_DAY)
    return (day.year - 1970) * 12 + day.month - 1


def begin_of(month: int) -> int:
    """The first second of a month; the end of time for the one after the last."""
    year = 1970 + month // 12
    return (date(year, month % 12 + 1, 1).toordinal() - EPOCH_DAY) * DAY if year < 10_000 else LATEST + 1


def buckets_of(spans: Iterable[tuple[int, int]], *, recurring: bool, known: bool) -> tuple[str, ...]:
    """Where an object stands that takes place in these spans; `known`: in no others."""
    weeks: set[int] = set()
    months: set[int] = set()
    # Most instances lie in the month of the one before.
    month_begins, month_ends = 0, 0
    for start, end in spans:
        last = end - 1 if end > start else start
        if recurring and month_begins <= start and last < month_ends:
            continue
        first_week, last_week = week_of(start), week_of(last)
        if not recurring and last_week - first_week < MAX_WEEKS:
            weeks.update(range(first_week, last_week + 1))
            continue
        first_month, last_month = month_of(start), month_of(last)
        if last_month - first_month > MAX_MONTHS:
            known = False
            continue
        months.update(range(first_month, last_month + 1))
        if first_month == last_month:
            month_begins, month_ends = begin_of(first_month), begin_of(first_month + 1)
    if len(months) > MAX_MONTHS:
        months, known = set(), False
    named = [f"w{each}" for each in sorted(weeks)] + [f"m{each}" for each in sorted(months)]
    return tuple(named if known else [*named, OPEN])


def window_buckets(start: int, end: int) -> tuple[str, ...]:
    """What to ask the index for, one of which every object that touches the window has. Empty: for so long a window
    the index narrows nothing, and all are to be looked at."""
    last = max(start, end - 1)
    weeks = range(week_of(start), week_of(last) + 1)
    months = range(month_of(start), month_of(last) + 1)
    if len(weeks) + len(months) > MAX_ASKED:
        return ()
    return (OPEN, *(f"w{each}" for each in weeks), *(f"m{each}" for each in months))
