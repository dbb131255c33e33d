"""Togo's holidays, what an administrator corrects, and the calendar that shows them."""

from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from chassis.errors import InvalidInput
from services.calendar.domain.finding.holidays import (
    Correction,
    corrections_given,
    days_off,
    event_of,
    holidays_of,
    shown,
)

TABASKI = "eid-al-adha"


def test_a_year_has_its_holidays_by_both_names_and_says_which_the_moon_decides() -> None:
    found = {holiday.day: holiday for holiday in holidays_of(2026)}
    assert len(found) == 13
    assert (found[date(2026, 4, 27)].french, found[date(2026, 4, 27)].english) == (
        "Fête de l'indépendance", "Independence Day",
    )  # fmt: skip
    assert date(2026, 4, 6) in found
    assert {holiday.key for holiday in found.values() if holiday.estimated} == {
        "first-day-of-ramadan", "eid-al-fitr", TABASKI,
    }  # fmt: skip
    # The 13th of January was one until 2013.
    assert date(2013, 1, 13) in days_off(date(2013, 1, 1), date(2014, 12, 31))
    assert date(2014, 1, 13) not in days_off(date(2013, 1, 1), date(2014, 12, 31))


def test_every_holiday_has_a_french_name_in_every_year() -> None:
    for year in range(1990, 2101):
        for holiday in holidays_of(year):
            assert holiday.french != holiday.english
            assert "estim" not in holiday.french + holiday.english


def test_the_moon_may_bring_a_holiday_twice_a_year() -> None:
    ramadans = [holiday for holiday in holidays_of(2030) if holiday.key == "first-day-of-ramadan"]
    assert [holiday.number for holiday in ramadans] == [1, 2]
    assert len({event_of(holiday)[0] for holiday in ramadans}) == 2


def test_an_administrator_moves_a_holiday_and_it_is_no_estimate_any_more() -> None:
    said = corrections_given([Correction(2026, TABASKI, date(2026, 5, 28))])
    before = next(holiday for holiday in holidays_of(2026) if holiday.key == TABASKI)
    after = next(holiday for holiday in holidays_of(2026, said) if holiday.key == TABASKI)
    assert (before.estimated, after.estimated, after.day) == (True, False, date(2026, 5, 28))
    assert after.french == "Tabaski"
    assert before.day not in days_off(date(2026, 5, 26), date(2026, 5, 29), said)
    # It stays the same event of the calendar, whichever day it is on.
    assert event_of(before)[0] == event_of(after)[0]
    assert "(date estimée)" in event_of(before)[1].decode()
    assert "estim" not in event_of(after)[1].decode()


def test_an_administrator_adds_a_day_and_takes_one_away() -> None:
    said = corrections_given(
        [Correction(2026, "elections-2026", date(2026, 7, 16), "Élections"), Correction(2026, "assumption-day", None)]
    )
    days = {holiday.day: holiday for holiday in holidays_of(2026, said)}
    assert (days[date(2026, 7, 16)].french, days[date(2026, 7, 16)].english) == ("Élections", "Élections")
    assert date(2026, 8, 15) not in days
    # Another year has what it had.
    assert {holiday.day.year for holiday in holidays_of(2027, said)} == {2027}
    assert len(holidays_of(2027, said)) == len(holidays_of(2027))


def test_a_holiday_moves_across_new_year() -> None:
    """That of 31 December 2039 may be seen a day later."""
    said = corrections_given([Correction(2039, TABASKI, date(2040, 1, 1), number=2)])
    assert not [holiday for holiday in holidays_of(2039, said) if (holiday.key, holiday.number) == (TABASKI, 2)]
    moved = [holiday for holiday in holidays_of(2040, said) if holiday.year == 2039]
    assert [holiday.day for holiday in moved] == [date(2040, 1, 1)]
    uids = [event_of(holiday)[0] for year in (2039, 2040) for holiday in holidays_of(year, said)]
    assert len(set(uids)) == len(uids)


@pytest.mark.parametrize(
    "bad",
    [
        [Correction(1800, "labor-day", date(1800, 5, 1))],
        [Correction(2026, "labor-day", date(2029, 5, 1))],
        [Correction(2026, "labor-day", date(2027, 5, 1))],
        [Correction(2026, "elections", date(2027, 1, 1), "Élections")],
        [Correction(2039, TABASKI, date(2040, 3, 1), number=2)],
        [Correction(2026, "no-such-day", None)],
        [Correction(2026, "no-such-day", date(2026, 3, 3))],
        [Correction(2026, "", date(2026, 3, 3), "Fête")],
        [Correction(2026, "labor-day", date(2026, 5, 2), "Fête\r\nBEGIN:VALARM")],
        [Correction(2026, "labor-day", date(2026, 5, 2), "F" * 101)],
        [Correction(2026, "labor-day", date(2026, 5, 2)), Correction(2026, "labor-day", date(2026, 5, 4))],
        [Correction(2026, f"day-{n}", date(2026, 3, 3), "Fête") for n in range(201)],
    ],
)
def test_corrections_that_are_refused(bad: list[Correction]) -> None:
    with pytest.raises(InvalidInput):
        corrections_given(bad)


def test_the_calendar_of_holidays_is_a_whole_day_each_that_keeps_nobody_busy() -> None:
    found = shown(datetime(2026, 6, 1, tzinfo=UTC))
    assert {holiday.day.year for holiday in found} == {2025, 2026, 2027, 2028, 2029}
    uids = set()
    for holiday in found:
        uid, octets = event_of(holiday)
        (event,) = Calendar.from_ical(octets).walk("VEVENT")
        assert (event["UID"], event.start, (event.end - event.start).days) == (uid, holiday.day, 1)
        assert str(event["SUMMARY"]).startswith(holiday.french)
        assert (event["TRANSP"], event["STATUS"] == "TENTATIVE") == ("TRANSPARENT", holiday.estimated)
        assert octets == event_of(holiday)[1]
        uids.add(uid)
    assert len(uids) == len(found)
