"""When objects take place: zones, exceptions, overrides, ranges; by our reading and by another library's."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar.domain.objects import facts_of, occurrences_between, read_object
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.rules import DAY_NAMES
from services.calendar.domain.objects.values import LATEST, write_moment
from tests.calendar.objects.made import HORIZON, at, calendar, component, event, override

PARIS = "DTSTART;TZID=Europe/Paris:20260105T090000"


def told(octets: bytes, zone: str = "Africa/Lome", most: int = 12, start: str = "19000101T000000Z") -> list[str]:
    """Begin and end of instances, as `20260105T090000Z/20260105T100000Z`."""
    found = occurrences_between(read_object(octets), zone, at(start), at("21000101T000000Z"), most)
    return [f"{write_moment(each.start, utc=True)}/{write_moment(each.end, utc=True)}" for each in found]


def begins(octets: bytes, **options: str | int) -> list[str]:
    return [each.partition("/")[0] for each in told(octets, **options)]


def test_the_clock_is_kept_where_clocks_change() -> None:
    octets = event("DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", start=PARIS.replace("0105", "0322"))
    assert told(octets) == [
        "20260322T080000Z/20260322T090000Z",
        "20260329T070000Z/20260329T080000Z",
        "20260405T070000Z/20260405T080000Z",
    ]


def test_a_time_that_a_clock_does_not_show_or_shows_twice() -> None:
    gap = event("RRULE:FREQ=DAILY;COUNT=3", start="DTSTART;TZID=Europe/Paris:20260328T023000")
    assert begins(gap) == ["20260328T013000Z", "20260329T013000Z", "20260330T003000Z"]
    fold = event("RRULE:FREQ=DAILY;COUNT=3", start="DTSTART;TZID=Europe/Paris:20261024T023000")
    assert begins(fold) == ["20261024T003000Z", "20261025T003000Z", "20261026T013000Z"]


def test_days_go_by_the_clock_and_hours_by_what_passes() -> None:
    start = "DTSTART;TZID=Europe/Paris:20260328T120000"
    assert told(event("DURATION:P1D", start=start)) == ["20260328T110000Z/20260329T100000Z"]
    assert told(event("DURATION:PT24H", start=start)) == ["20260328T110000Z/20260329T110000Z"]


@pytest.mark.parametrize(
    ("lines", "span"),
    [
        (("DTSTART;VALUE=DATE:20260105",), "20260105T000000Z/20260106T000000Z"),
        (("DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260105"), "20260105T000000Z/20260106T000000Z"),
        (("DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260108"), "20260105T000000Z/20260108T000000Z"),
        (("DTSTART;VALUE=DATE:20260105", "DURATION:P2D"), "20260105T000000Z/20260107T000000Z"),
        (("DTSTART:20260105T090000Z",), "20260105T090000Z/20260105T090000Z"),
        (("DTSTART:20260105T090000Z", "DTEND:20260104T090000Z"), "20260105T090000Z/20260105T090000Z"),
        (("DTSTART:20260105T090000Z", "DURATION:-PT1H"), "20260105T090000Z/20260105T090000Z"),
        (("DTSTART:20260105T090000", "DURATION:PT30M"), "20260105T090000Z/20260105T093000Z"),
    ],
)
def test_how_long_an_event_is(lines: tuple[str, ...], span: str) -> None:
    assert told(event(*lines, start="")) == [span]


def test_whole_days_and_floating_times_are_of_who_looks() -> None:
    assert told(event(start="DTSTART;VALUE=DATE:20260329"), "Europe/Paris") == ["20260328T230000Z/20260329T220000Z"]
    assert begins(event(start="DTSTART:20260105T090000"), zone="Asia/Tokyo") == ["20260105T000000Z"]


_OWN = "\n".join(
    [
        "BEGIN:VTIMEZONE",
        "TZID:Bureau",
        "BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD",
        "BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT",
        "END:VTIMEZONE",
    ]
)


@pytest.mark.parametrize(
    ("tzid", "moment"),
    [
        ("Africa/Lome", "20260705T090000Z"),
        ("/mozilla.org/20050126_1/Africa/Lome", "20260705T090000Z"),
        ("/freeassociation.sourceforge.net/America/Indiana/Knox", "20260705T140000Z"),
        ("W. Central Africa Standard Time", "20260705T080000Z"),
        ("Romance Standard Time", "20260705T070000Z"),
        ("Bureau", "20260705T070000Z"),
        ("GMT+0100", "20260705T080000Z"),
        ("UTC", "20260705T090000Z"),
        # Neither known nor defined: floating.
        ("Nowhere/At_All", "20260705T000000Z"),
        ("../../etc/localtime", "20260705T000000Z"),
    ],
)
def test_zones_by_the_names_that_clients_give(tzid: str, moment: str) -> None:
    octets = calendar(_OWN, component("VEVENT", f"DTSTART;TZID={tzid}:20260705T090000"))
    assert begins(octets, zone="Asia/Tokyo") == [moment]


def test_an_own_definition_knows_gaps_and_folds_as_the_tz_database_does() -> None:
    for start in ("20260328T023000", "20261024T023000", "20260628T120000"):
        lines = "RRULE:FREQ=DAILY;COUNT=3"
        own = calendar(_OWN, component("VEVENT", f"DTSTART;TZID=Bureau:{start}", lines))
        assert begins(own) == begins(event(lines, start=f"DTSTART;TZID=Europe/Paris:{start}"))


def test_dates_periods_and_exceptions() -> None:
    octets = event(
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "RDATE;VALUE=PERIOD:20260107T100000Z/PT2H,20260108T100000Z/20260108T103000Z",
        "RDATE:20260112T090000Z,20260109T090000Z",
        "EXDATE:20260119T090000Z",
    )
    assert told(octets) == [
        "20260105T090000Z/20260105T100000Z",
        "20260107T100000Z/20260107T120000Z",
        "20260108T100000Z/20260108T103000Z",
        "20260109T090000Z/20260109T100000Z",
        "20260112T090000Z/20260112T100000Z",
    ]


def test_the_first_counts_also_where_its_rule_does_not_give_it() -> None:
    octets = event("RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3")
    assert begins(octets) == ["20260105T090000Z", "20260107T090000Z", "20260114T090000Z"]


def test_exceptions_in_utc_of_a_series_in_a_zone() -> None:
    octets = event("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20260112T080000Z", start=PARIS)
    assert begins(octets) == ["20260105T080000Z", "20260119T080000Z"]


def test_until_lets_its_own_moment_in() -> None:
    assert len(begins(event("RRULE:FREQ=DAILY;UNTIL=20260107T080000Z", start=PARIS))) == 3
    assert len(begins(event("RRULE:FREQ=DAILY;UNTIL=20260107T075959Z", start=PARIS))) == 2
    assert len(begins(event("RRULE:FREQ=DAILY;UNTIL=20260107", start="DTSTART;VALUE=DATE:20260105"))) == 3


def test_exrule_of_older_clients() -> None:
    assert begins(event("RRULE:FREQ=DAILY;COUNT=4", "EXRULE:FREQ=DAILY;INTERVAL=2")) == [
        "20260106T090000Z",
        "20260108T090000Z",
    ]


def test_overrides_take_the_place_of_their_instances() -> None:
    moved = override("RECURRENCE-ID:20260106T090000Z", "DTSTART:20260110T120000Z", "DURATION:PT5M")
    odd = override("RECURRENCE-ID:20260220T090000Z", "DTSTART:20260220T100000Z")
    octets = event("RRULE:FREQ=DAILY;COUNT=3", overrides=(moved, odd))
    assert begins(octets) == ["20260105T090000Z", "20260107T090000Z", "20260110T120000Z", "20260220T100000Z"]
    found = occurrences_between(read_object(octets), "UTC", at("20260110T000000Z"), at("20260111T000000Z"))
    assert [(each.component, each.recurrence) for each in found] == [(1, at("20260106T090000Z"))]


def test_this_and_future_moves_all_that_follow() -> None:
    onward = override("RECURRENCE-ID;RANGE=THISANDFUTURE:20260107T090000Z", "DTSTART:20260107T113000Z", "DURATION:PT2H")
    again = override("RECURRENCE-ID:20260108T090000Z", "DTSTART:20260108T090000Z")
    octets = event("DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE:20260106T090000Z", overrides=(onward, again))
    assert told(octets) == [
        "20260105T090000Z/20260105T100000Z",
        "20260107T113000Z/20260107T133000Z",
        "20260108T090000Z/20260108T090000Z",
        "20260109T113000Z/20260109T133000Z",
    ]


def test_a_range_that_moves_far_is_found_in_the_windows_it_moves_to() -> None:
    onward = override("RECURRENCE-ID;RANGE=THISANDFUTURE:20260107T090000Z", "DTSTART:20260117T090000Z")
    octets = event("RRULE:FREQ=DAILY", overrides=(onward,))
    assert begins(octets, start="20300101T000000Z", most=2) == ["20300101T090000Z", "20300102T090000Z"]
    earlier = override("RECURRENCE-ID;RANGE=THISANDFUTURE:20260120T090000Z", "DTSTART:20260110T090000Z")
    octets = event("RRULE:FREQ=DAILY", overrides=(earlier,))
    assert begins(octets, start="20300101T000000Z", most=1) == ["20300101T090000Z"]


def test_what_is_known_ends_where_work_or_room_did() -> None:
    far = override("RECURRENCE-ID:20900105T090000Z", "DTSTART:20900105T100000Z")
    series = Series(read_object(event("RRULE:FREQ=DAILY", overrides=(far,))), "UTC")
    stopped = series.expand(at("20260101T000000Z"), at("21000101T000000Z"), 1_000, steps=10)
    assert stopped.until == at("20260114T090000Z"), "an override far ahead says nothing of what is before it"
    earlier = override("RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T090000Z", "DTSTART:20260103T090000Z")
    full = Series(read_object(event("RRULE:FREQ=DAILY", overrides=(earlier,))), "UTC")
    few, more = (full.expand(at("20260101T000000Z"), at("20270101T000000Z"), most) for most in (4, 9))
    assert few.until is not None
    assert few.until <= min(each.start for each in set(more.found) - set(few.found))


def test_a_window_far_ahead_costs_what_lies_in_it() -> None:
    thing = read_object(event("DURATION:PT1H", "RRULE:FREQ=DAILY", start="DTSTART:15000101T090000Z"))
    start = at("20260105T000000Z")
    assert len(Series(thing, "UTC").expand(start, start + 7 * 86_400, 1_000, steps=30).found) < 20
    assert len(occurrences_between(thing, "UTC", start, start + 7 * 86_400)) == 7


def test_tasks_without_times_are_always() -> None:
    facts = facts_of(read_object(calendar(component("VTODO", "SUMMARY:x"))), "UTC", HORIZON)
    assert facts.buckets == ("open",)
    assert facts.occurrences[0].end == LATEST
    due = facts_of(read_object(calendar(component("VTODO", "DUE:20260105T090000Z"))), "UTC", HORIZON)
    assert (due.first, due.components[0].due) == (at("20260105T090000Z"), at("20260105T090000Z"))


def test_what_spends_its_steps_is_known_up_to_there() -> None:
    # A leap day that is a Monday: once in 28 years.
    octets = event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", start="DTSTART:20240229T090000Z")
    facts = facts_of(read_object(octets), "UTC", datetime(9999, 1, 1, tzinfo=UTC))
    assert facts.until is not None
    assert "open" in facts.buckets


@settings(max_examples=25)
@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 3),
    st.sets(st.sampled_from(DAY_NAMES), max_size=3),
    st.sets(st.integers(0, 20), max_size=4),
    st.sampled_from(["Europe/Paris", "Africa/Lome", "America/New_York", "Asia/Kolkata"]),
)
def test_instances_are_those_that_another_library_finds(
    frequency: str, interval: int, days: set[str], excluded: set[int], zone: str
) -> None:
    begin = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    by_day = f";BYDAY={','.join(sorted({'MO', *days}))}" if days and frequency == "WEEKLY" else ""
    gone = [f"EXDATE;TZID={zone}:{(begin + timedelta(days=7 * each)):%Y%m%dT%H%M%S}" for each in sorted(excluded)]
    rule = f"RRULE:FREQ={frequency};INTERVAL={interval}{by_day}"
    octets = event("DURATION:PT45M", rule, *gone, start=f"DTSTART;TZID={zone}:20260105T093000")
    start, end = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    thing = read_object(octets)
    theirs = recurring_ical_events.of(icalendar.Calendar.from_ical(octets)).between(start, end)
    ours = occurrences_between(thing, "UTC", int(start.timestamp()), int(end.timestamp()))
    assert [each.start for each in ours] == sorted(int(each.start.timestamp()) for each in theirs)


def test_what_does_not_recur_is_known_beyond_the_horizon() -> None:
    facts = facts_of(read_object(event("DURATION:PT1H", start="DTSTART:20800105T090000Z")), "UTC", HORIZON)
    assert (facts.until, len(facts.occurrences)) == (None, 1)
    assert "open" not in facts.buckets
