"""Calendar data in the shapes of RFC 4791 §9.6."""

from services.calendar.domain.objects import occurrences_between, read_object
from services.calendar.domain.objects.limit import (
    Selection,
    expand,
    limit_freebusy_set,
    limit_recurrence_set,
    select,
    without_time_zones,
)
from services.calendar.domain.objects.writing import serialise
from tests.calendar.objects.made import at, calendar, component, event, override

PARIS = "DTSTART;TZID=Europe/Paris:20260105T090000"


def test_expanded_instances_are_in_utc_and_name_their_instance() -> None:
    moved = override("RECURRENCE-ID;TZID=Europe/Paris:20260107T090000", PARIS.replace("0105T09", "0107T15"))
    thing = read_object(event("DURATION:PT1H", "SUMMARY:x", "RRULE:FREQ=DAILY", start=PARIS, overrides=(moved,)))
    text = expand(thing, "UTC", at("20260106T000000Z"), at("20260108T000000Z")).decode()
    assert "RRULE" not in text
    assert "TZID" not in text
    assert text.count("BEGIN:VEVENT") == 2
    for line in (
        "DTSTART:20260106T080000Z",
        "DTEND:20260106T090000Z",
        "RECURRENCE-ID:20260106T080000Z",
        "DTSTART:20260107T140000Z",
        "RECURRENCE-ID:20260107T080000Z",
    ):
        assert f"\r\n{line}\r\n" in text


def test_expanded_whole_days_stay_dates() -> None:
    thing = read_object(event("RRULE:FREQ=WEEKLY", "X-KEPT:1", start="DTSTART;VALUE=DATE:20260105"))
    text = expand(thing, "Europe/Paris", at("20260112T000000Z"), at("20260113T000000Z")).decode()
    assert "DTSTART;VALUE=DATE:20260112\r\nRECURRENCE-ID;VALUE=DATE:20260112\r\n" in text
    assert "X-KEPT:1" in text


def test_expansion_writes_so_many_at_most() -> None:
    thing = read_object(event("RRULE:FREQ=DAILY"))
    octets = expand(thing, "UTC", at("20260101T000000Z"), at("99990101T000000Z"), most=50)
    assert octets.count(b"BEGIN:VEVENT") == 50


def test_overrides_outside_a_window_are_left_out() -> None:
    inside = override("RECURRENCE-ID:20260106T090000Z", "DTSTART:20260301T090000Z")
    outside = override("RECURRENCE-ID:20260110T090000Z", "DTSTART:20260110T100000Z")
    moved_in = override("RECURRENCE-ID:20260201T090000Z", "DTSTART:20260106T100000Z")
    thing = read_object(event("DURATION:PT1H", "RRULE:FREQ=DAILY", overrides=(inside, outside, moved_in)))
    limited = limit_recurrence_set(thing, "UTC", at("20260106T000000Z"), at("20260107T000000Z"))
    kept = read_object(limited)
    assert [node.value("RECURRENCE-ID") for node in kept.override_nodes] == ["20260106T090000Z", "20260201T090000Z"]
    assert kept.master_node.value("RRULE") == "FREQ=DAILY"


def test_periods_outside_a_window_are_left_out() -> None:
    busy = component(
        "VFREEBUSY",
        "FREEBUSY;FBTYPE=BUSY:20260105T090000Z/PT1H,20260106T090000Z/20260106T100000Z",
        "FREEBUSY:20260205T090000Z/PT1H",
    )
    text = limit_freebusy_set(read_object(calendar(busy)), at("20260106T000000Z"), at("20260107T000000Z")).decode()
    assert "FREEBUSY;FBTYPE=BUSY:20260106T090000Z/20260106T100000Z\r\n" in text
    assert "20260205" not in text
    assert "20260105" not in text


def test_only_what_is_asked_for_is_given() -> None:
    octets = event("SUMMARY:x", "DESCRIPTION:secret", "BEGIN:VALARM\nTRIGGER:-PT1M\nEND:VALARM")
    wanted = Selection(
        "VCALENDAR", props=("VERSION",), comps=(Selection("VEVENT", props=("UID",), without_value=("SUMMARY",)),)
    )
    text = select(read_object(octets), wanted).decode()
    assert text == (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:one\r\nSUMMARY:\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    every = Selection("VCALENDAR", all_props=True, all_comps=True)
    assert select(read_object(octets), every) == octets


def test_zones_that_everybody_knows_can_be_left_out() -> None:
    octets = serialise(*read_object(event(start=PARIS)).nodes)
    assert b"VTIMEZONE" in octets
    assert b"VTIMEZONE" not in without_time_zones(read_object(octets))


def test_what_is_written_takes_place_when_the_original_did() -> None:
    thing = read_object(event("DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=60", start=PARIS))
    window = (at("20260101T000000Z"), at("20280101T000000Z"))
    again = read_object(serialise(*thing.nodes))
    assert occurrences_between(again, "UTC", *window) == occurrences_between(thing, "UTC", *window)
