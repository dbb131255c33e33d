"""Filters of calendar-query pass what RFC 4791 §9.7 and §9.9 say that they do."""

import pytest

from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.filters import (
    CompFilter,
    ParamFilter,
    PropFilter,
    TextMatch,
    TimeRange,
    Window,
    matches,
    window_of,
)
from tests.calendar.objects.made import at, calendar, component, event, override

ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM"


def in_range(octets: bytes, start: str, end: str, zone: str = "UTC") -> bool:
    kind = read_object(octets).component
    wanted = TimeRange(at(start) if start else None, at(end) if end else None)
    return matches(read_object(octets), CompFilter("VCALENDAR", comps=(CompFilter(kind, time_range=wanted),)), zone)


def with_property(octets: bytes, wanted: PropFilter) -> bool:
    thing = read_object(octets)
    return matches(thing, CompFilter("VCALENDAR", comps=(CompFilter(thing.component, props=(wanted,)),)), "UTC")


@pytest.mark.parametrize(
    ("lines", "start", "end", "passes"),
    [
        (("DTEND:20260105T100000Z",), "20260105T095959Z", "20260105T110000Z", True),
        (("DTEND:20260105T100000Z",), "20260105T100000Z", "20260105T110000Z", False),
        (("DTEND:20260105T100000Z",), "20260105T080000Z", "20260105T090000Z", False),
        (("DURATION:PT1H",), "20260105T093000Z", "20260105T094000Z", True),
        # What has no length lies where it begins.
        ((), "20260105T090000Z", "20260105T090001Z", True),
        ((), "20260105T090001Z", "20260105T100000Z", False),
        (("RRULE:FREQ=DAILY",), "20400301T000000Z", "20400302T000000Z", True),
        (("RRULE:FREQ=WEEKLY",), "20260107T000000Z", "20260108T000000Z", False),
        (("RRULE:FREQ=DAILY", "EXDATE:20260107T090000Z"), "20260107T000000Z", "20260108T000000Z", False),
        (("RRULE:FREQ=DAILY",), "", "20260104T000000Z", False),
        (("RRULE:FREQ=DAILY",), "20990101T000000Z", "", True),
    ],
)
def test_events_by_time(lines: tuple[str, ...], start: str, end: str, passes: bool) -> None:
    assert in_range(event(*lines), start, end) is passes


@pytest.mark.parametrize(
    ("lines", "start", "end", "passes"),
    [
        (("DTSTART:20260105T090000Z", "DUE:20260106T090000Z"), "20260106T080000Z", "20260107T000000Z", True),
        (("DTSTART:20260105T090000Z", "DUE:20260106T090000Z"), "20260106T090000Z", "20260107T000000Z", False),
        (("DTSTART:20260105T090000Z", "DURATION:P1D"), "20260106T090000Z", "20260107T000000Z", True),
        (("DTSTART:20260105T090000Z",), "20260105T090000Z", "20260105T100000Z", True),
        (("DUE:20260105T090000Z",), "20260105T080000Z", "20260105T090000Z", True),
        (("DUE:20260105T090000Z",), "20260105T090000Z", "20260105T100000Z", False),
        (("CREATED:20260101T000000Z", "COMPLETED:20260105T000000Z"), "20260103T000000Z", "20260104T000000Z", True),
        (("CREATED:20260101T000000Z", "COMPLETED:20260105T000000Z"), "20260106T000000Z", "20260107T000000Z", False),
        (("COMPLETED:20260105T000000Z",), "20260105T000000Z", "20260106T000000Z", True),
        (("CREATED:20260105T000000Z",), "20260106T000000Z", "20260107T000000Z", True),
        (("CREATED:20260105T000000Z",), "20260101T000000Z", "20260105T000000Z", False),
        ((), "20260101T000000Z", "20260105T000000Z", True),
    ],
)
def test_tasks_by_time(lines: tuple[str, ...], start: str, end: str, passes: bool) -> None:
    assert in_range(calendar(component("VTODO", *lines)), start, end) is passes


@pytest.mark.parametrize(
    ("lines", "day", "passes"),
    [
        (("DTSTART;VALUE=DATE:20260105",), "20260105", True),
        (("DTSTART;VALUE=DATE:20260105",), "20260106", False),
        (("DTSTART:20260105T090000Z",), "20260105", True),
        ((), "20260105", False),
    ],
)
def test_journals_by_time(lines: tuple[str, ...], day: str, passes: bool) -> None:
    octets = calendar(component("VJOURNAL", *lines))
    assert in_range(octets, f"{day}T000000Z", f"{day}T235900Z") is passes


def test_floating_and_whole_days_are_of_the_zone_of_who_asks() -> None:
    octets = event(start="DTSTART;VALUE=DATE:20260105")
    assert in_range(octets, "20260105T220000Z", "20260105T223000Z", "UTC")
    assert not in_range(octets, "20260105T230000Z", "20260105T233000Z", "Europe/Paris")


def test_alarms_by_time() -> None:
    octets = event("RRULE:FREQ=DAILY", ALARM)
    for start, end, passes in [
        ("20300105T084000Z", "20300105T085000Z", True),
        ("20300105T085000Z", "20300105T090000Z", False),
    ]:
        inner = CompFilter("VALARM", time_range=TimeRange(at(start), at(end)))
        wanted = CompFilter("VCALENDAR", comps=(CompFilter("VEVENT", comps=(inner,)),))
        assert matches(read_object(octets), wanted, "UTC") is passes


def test_an_absolute_alarm_and_repeats() -> None:
    absolute = "BEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:20260101T000000Z\nREPEAT:2\nDURATION:PT1H\nEND:VALARM"
    for start, passes in [("20260101T020000Z", True), ("20260101T020001Z", False)]:
        inner = CompFilter("VALARM", time_range=TimeRange(at(start), at("20260101T050000Z")))
        wanted = CompFilter("VCALENDAR", comps=(CompFilter("VEVENT", comps=(inner,)),))
        assert matches(read_object(event(absolute)), wanted, "UTC") is passes


def test_texts_by_collation() -> None:
    octets = event("SUMMARY:Réunion à Lomé", "CATEGORIES:TRAVAIL,Été")
    assert with_property(octets, PropFilter("summary", text_match=TextMatch("réunion À"))) is False
    assert with_property(octets, PropFilter("summary", text_match=TextMatch("réunion À", "i;unicode-casemap")))
    assert with_property(octets, PropFilter("SUMMARY", text_match=TextMatch("RÉUNION"))) is False
    assert with_property(octets, PropFilter("SUMMARY", text_match=TextMatch("UNION")))
    assert not with_property(octets, PropFilter("SUMMARY", text_match=TextMatch("UNION", "i;octet")))
    assert not with_property(octets, PropFilter("SUMMARY", text_match=TextMatch("union", negate=True)))
    assert with_property(octets, PropFilter("CATEGORIES", text_match=TextMatch("travail")))
    assert not with_property(octets, PropFilter("LOCATION", text_match=TextMatch("x", negate=True)))


def test_escapes_are_undone_before_texts_are_compared() -> None:
    assert with_property(event("SUMMARY:a\\, b\\nc"), PropFilter("SUMMARY", text_match=TextMatch("a, b\nc")))


def test_parameters_and_what_is_not_defined() -> None:
    octets = event('ATTENDEE;PARTSTAT=NEEDS-ACTION;CN="Un: deux":mailto:agent2@numerique.gouv.tg')
    answered = ParamFilter("PARTSTAT", text_match=TextMatch("needs-action"))
    assert with_property(octets, PropFilter("ATTENDEE", params=(answered,)))
    assert with_property(octets, PropFilter("ATTENDEE", params=(ParamFilter("CN", text_match=TextMatch("Un: d")),)))
    assert with_property(octets, PropFilter("ATTENDEE", params=(ParamFilter("ROLE", is_not_defined=True),)))
    assert not with_property(octets, PropFilter("ATTENDEE", is_not_defined=True))
    assert with_property(octets, PropFilter("STATUS", is_not_defined=True))
    no_alarm = CompFilter("VALARM", is_not_defined=True)
    assert matches(
        read_object(octets), CompFilter("VCALENDAR", comps=(CompFilter("VEVENT", comps=(no_alarm,)),)), "UTC"
    )


def test_an_override_passes_by_its_own_text_and_time() -> None:
    changed = override("RECURRENCE-ID:20260106T090000Z", "DTSTART:20260110T120000Z", "SUMMARY:Moved")
    octets = event("SUMMARY:Plain", "RRULE:FREQ=DAILY;COUNT=3", overrides=(changed,))
    assert in_range(octets, "20260110T000000Z", "20260111T000000Z")
    assert not in_range(octets, "20260106T000000Z", "20260107T000000Z")
    assert with_property(octets, PropFilter("SUMMARY", text_match=TextMatch("moved")))


def test_what_an_index_answers_of_a_filter() -> None:
    event_filter = CompFilter("VEVENT", time_range=TimeRange(10, 20))
    assert window_of(CompFilter("VCALENDAR", comps=(event_filter,))) == Window(("VEVENT",), 10, 20, exact=True)
    assert window_of(CompFilter("VCALENDAR")) == Window(exact=True)
    task = CompFilter("VTODO", time_range=TimeRange(10, 20))
    assert window_of(CompFilter("VCALENDAR", comps=(task,))) == Window(("VTODO",))
    two = CompFilter("VCALENDAR", comps=(event_filter, task))
    assert window_of(two) == Window()
