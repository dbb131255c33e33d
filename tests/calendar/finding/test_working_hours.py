"""Hours of work: the usual ones, what may be set, and clocks that change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.calendar.domain.finding.working_hours import ALWAYS, USUAL, WorkingHours, hours_given, shown_clock

HOUR, DAY = 3600, 86400


def moment(zone: str, *at: int) -> int:
    return int(datetime(*at, tzinfo=ZoneInfo(zone)).timestamp())  # type: ignore[misc]


def shown(spans: list[tuple[int, int]], zone: str = "Africa/Lome") -> list[str]:
    return [
        f"{datetime.fromtimestamp(a, ZoneInfo(zone)):%a %H:%M}-{datetime.fromtimestamp(b, ZoneInfo(zone)):%H:%M}"
        for a, b in spans
    ]


def test_the_administration_works_in_the_morning_and_in_the_afternoon_from_monday_to_friday() -> None:
    friday, tuesday = moment("Africa/Lome", 2026, 1, 9), moment("Africa/Lome", 2026, 1, 13)
    assert shown(USUAL.open(friday, tuesday)) == [
        "Fri 07:00-12:00", "Fri 14:30-17:30", "Mon 07:00-12:00", "Mon 14:30-17:30",
    ]  # fmt: skip


def test_a_window_cuts_hours_and_a_holiday_closes_them() -> None:
    start = moment("Africa/Lome", 2026, 4, 24, 16)
    end = moment("Africa/Lome", 2026, 4, 28, 8)
    assert shown(USUAL.open(start, end, {date(2026, 4, 27)})) == ["Fri 16:00-17:30", "Tue 07:00-08:00"]


def test_hours_follow_the_clock_on_the_wall() -> None:
    """In Paris a day in March has 23 hours, and one in October 25."""
    night = hours_given("Europe/Paris", [(7, "01:00", "04:00"), (7, "22:00", "24:00")])
    spring, autumn = (night.open(moment("Europe/Paris", *day), moment("Europe/Paris", *day) + 25 * HOUR - 1)
                      for day in ((2026, 3, 29), (2026, 10, 25)))  # fmt: skip
    assert [b - a for a, b in spring] == [2 * HOUR, 2 * HOUR]
    assert [b - a for a, b in autumn] == [4 * HOUR, 2 * HOUR - 1]
    # What the clocks skip comes as much later (RFC 5545 §3.3.5).
    skipped = hours_given("Europe/Paris", [(7, "02:15", "02:45")])
    day = moment("Europe/Paris", 2026, 3, 29)
    assert shown(skipped.open(day, day + 20 * HOUR), "Europe/Paris") == ["Sun 03:15-03:45"]


def test_a_span_that_ends_with_the_day_meets_the_next_days() -> None:
    start = moment("Africa/Lome", 2026, 1, 5)
    assert ALWAYS.open(start, start + 7 * DAY) == [(start, start + 7 * DAY)]


def test_spans_of_a_day_that_meet_are_one() -> None:
    hours = hours_given("Africa/Lome", [(1, "08:00", "10:00"), (1, "09:30", "12:00"), (1, "14:00", "16:00")])
    assert hours.days[0] == ((480, 720), (840, 960))
    assert [shown_clock(minute) for span in hours.days[0] for minute in span] == ["08:00", "12:00", "14:00", "16:00"]


@pytest.mark.parametrize(
    ("zone", "spans"),
    [
        ("Africa/Nowhere", []),
        ("../etc/passwd", []),
        ("/usr/share/zoneinfo/UTC", []),
        ("", []),
        ("Africa/Lome", [(0, "08:00", "10:00")]),
        ("Africa/Lome", [(8, "08:00", "10:00")]),
        ("Africa/Lome", [(1, "10:00", "08:00")]),
        ("Africa/Lome", [(1, "08:00", "08:00")]),
        ("Africa/Lome", [(1, "8:00", "10:00")]),
        ("Africa/Lome", [(1, "08:00", "24:01")]),
        ("Africa/Lome", [(1, "08:60", "10:00")]),
        ("Africa/Lome", [(1, "٠٨:00", "10:00")]),
        ("Africa/Lome", [(1, f"{hour:02}:00", f"{hour:02}:30") for hour in range(9)]),
    ],
)  # fmt: skip
def test_hours_that_nobody_may_set(zone: str, spans: list[tuple[int, str, str]]) -> None:
    with pytest.raises(InvalidInput):
        hours_given(zone, spans)


_ZONES = st.sampled_from(["Africa/Lome", "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(_ZONES, st.integers(0, 6), st.integers(0, 94), st.integers(1, 30), st.dates(date(2000, 1, 1), date(2037, 1, 1)))
def test_what_is_open_is_what_the_clock_there_shows(zone: str, day: int, first: int, more: int, at: date) -> None:
    span = (first * 15, min(first + more, 96) * 15)
    hours = WorkingHours(zone, tuple(((span,) if n == day else ()) for n in range(7)))
    start = int(datetime(at.year, at.month, at.day, tzinfo=UTC).timestamp())
    spans = hours.open(start, start + 8 * DAY)
    for quarter in range(start, start + 8 * DAY, 900):
        local = datetime.fromtimestamp(quarter, ZoneInfo(zone))
        if local.utcoffset() != (local + timedelta(hours=30)).utcoffset() or local.fold:
            continue
        if local.utcoffset() != datetime.fromtimestamp(quarter - 30 * HOUR, ZoneInfo(zone)).utcoffset():
            continue
        shows = local.weekday() == day and span[0] <= local.hour * 60 + local.minute < span[1]
        assert shows == any(a <= quarter < b for a, b in spans)
