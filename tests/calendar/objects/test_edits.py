"""Changes of one instance, of those from one on, and of all: what stays, what moves, what is raised."""

from datetime import UTC, datetime

import pytest

from chassis.errors import InvalidInput, NotFound
from services.calendar.domain.objects import occurrences_between, read_object
from services.calendar.domain.objects.edits import (
    Edit,
    change_all,
    change_following,
    change_one,
    delete_following,
    delete_one,
)
from services.calendar.domain.objects.lines import made, made_text
from services.calendar.domain.objects.values import write_moment
from tests.calendar.objects.made import at, event, override

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PARIS = "DTSTART;TZID=Europe/Paris:20260105T090000"
RENAME = Edit((made_text("SUMMARY", "New"),))


def starts(octets: bytes | None, most: int = 10) -> list[str]:
    assert octets is not None
    thing = read_object(octets)
    found = occurrences_between(thing, "Africa/Lome", at("20250101T000000Z"), at("20400101T000000Z"), most)
    return [write_moment(each.start, utc=True) for each in found]


def sequence(octets: bytes, index: int = 0) -> str:
    return read_object(octets).nodes[index].value("SEQUENCE")


def test_one_instance_gets_an_override_in_the_zone_of_the_series() -> None:
    thing = read_object(event("DTEND;TZID=Europe/Paris:20260105T100000", "RRULE:FREQ=WEEKLY;COUNT=40", start=PARIS))
    later = Edit((made("DTSTART", "20260706T110000", {"TZID": "Europe/Paris"}),))
    changed = read_object(change_one(thing, at("20260706T070000Z"), later, "Africa/Lome", NOW))
    made_override = changed.override_nodes[0]
    assert made_override.first("RECURRENCE-ID").raw == "RECURRENCE-ID;TZID=Europe/Paris:20260706T090000"
    assert made_override.first("DTEND").raw == "DTEND;TZID=Europe/Paris:20260706T100000"
    assert made_override.first("RRULE") is None
    assert made_override.value("SEQUENCE") == "1"
    again = read_object(change_one(changed, at("20260706T070000Z"), RENAME, "Africa/Lome", NOW))
    assert len(again.override_nodes) == 1
    assert again.override_nodes[0].value("DTSTART") == "20260706T110000"
    assert again.override_nodes[0].value("SEQUENCE") == "1"


def test_an_instance_that_is_not_there_cannot_be_changed() -> None:
    thing = read_object(event("RRULE:FREQ=WEEKLY", "EXDATE:20260112T090000Z"))
    for moment in ("20260106T090000Z", "20260112T090000Z"):
        with pytest.raises(NotFound):
            change_one(thing, at(moment), RENAME, "UTC", NOW)
        with pytest.raises(NotFound):
            delete_one(thing, at(moment), "UTC", NOW)


def test_this_and_following_splits_the_series() -> None:
    changed = override("RECURRENCE-ID:20260126T090000Z", "DTSTART:20260127T120000Z")
    thing = read_object(
        event("RRULE:FREQ=WEEKLY;COUNT=6", "EXDATE:20260112T090000Z,20260202T090000Z", overrides=(changed,))
    )
    split = change_following(thing, at("20260119T090000Z"), RENAME, "UTC", NOW, "two")
    assert starts(split.before) == ["20260105T090000Z"]
    assert starts(split.after) == ["20260119T090000Z", "20260127T120000Z", "20260209T090000Z"]
    after = read_object(split.after)
    assert after.uid == "two"
    assert after.master_node.value("RELATED-TO") == "one"
    assert after.master_node.text("SUMMARY") == "New"
    assert "COUNT=4" in after.master_node.value("RRULE")
    assert sequence(split.before) == "1"


def test_this_and_following_from_the_first_is_all() -> None:
    thing = read_object(event("RRULE:FREQ=WEEKLY;COUNT=3"))
    split = change_following(thing, at("20260105T090000Z"), RENAME, "UTC", NOW, "two")
    assert split.before is None
    assert read_object(split.after).uid == "one"


@pytest.mark.parametrize(
    ("start", "until"),
    [
        (PARIS, "UNTIL=20260119T075959Z"),
        ("DTSTART:20260105T090000", "UNTIL=20260119T085959"),
        ("DTSTART;VALUE=DATE:20260105", "UNTIL=20260118"),
    ],
)
def test_the_old_series_ends_by_a_moment_of_its_own_type(start: str, until: str) -> None:
    thing = read_object(event("RRULE:FREQ=WEEKLY", start=start))
    third = occurrences_between(thing, "UTC", at("20260101T000000Z"), at("20270101T000000Z"), 3)[2]
    split = change_following(thing, third.recurrence, RENAME, "UTC", NOW, "two")
    assert until in read_object(split.before).master_node.value("RRULE")
    assert len(starts(split.before)) == 2
    assert len(starts(split.after)) == 10


@pytest.mark.parametrize("end", ["COUNT=2", "UNTIL=20260112T090000Z"])
def test_a_rule_that_had_ended_before_the_cut_is_not_begun_again(end: str) -> None:
    thing = read_object(event(f"RRULE:FREQ=WEEKLY;{end}", "RDATE:20260302T090000Z,20260309T090000Z"))
    once = ["20260105T090000Z", "20260112T090000Z"]
    split = change_following(thing, at("20260302T090000Z"), RENAME, "UTC", NOW, "two")
    assert starts(split.before) == once
    assert starts(split.after) == ["20260302T090000Z", "20260309T090000Z"]
    assert starts(delete_following(thing, at("20260309T090000Z"), "UTC", NOW)) == [*once, "20260302T090000Z"]


def test_what_an_earlier_range_made_of_instances_stays_after_the_cut() -> None:
    onward = override(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260112T090000Z", "DTSTART:20260112T140000Z", "DURATION:PT2H",
        "SUMMARY:Late", "LOCATION:Room",
    )  # fmt: skip
    lines = ("DURATION:PT1H", "SUMMARY:Early", "RRULE:FREQ=WEEKLY;COUNT=4", "URL:https://gouv.tg/x")
    thing = read_object(event(*lines, overrides=(onward,)))
    split = change_following(thing, at("20260119T090000Z"), Edit((made_text("LOCATION", "Hall"),)), "UTC", NOW, "two")
    assert starts(split.before) == ["20260105T090000Z", "20260112T140000Z"]
    assert starts(split.after) == ["20260119T140000Z", "20260126T140000Z"]
    master = read_object(split.after).master_node
    assert (master.text("SUMMARY"), master.value("DURATION"), master.text("LOCATION")) == ("Late", "PT2H", "Hall")
    assert (master.value("UID"), master.value("RELATED-TO"), master.value("URL")) == ("two", "one", "")


def test_what_a_rule_gives_and_a_date_names_again_counts_once() -> None:
    thing = read_object(event("RRULE:FREQ=WEEKLY;COUNT=4", "RDATE:20260112T090000Z"))
    split = change_following(thing, at("20260119T090000Z"), RENAME, "UTC", NOW, "two")
    assert starts(split.after) == ["20260119T090000Z", "20260126T090000Z"]


def test_all_moves_exceptions_and_overrides_along() -> None:
    changed = override("RECURRENCE-ID:20260119T090000Z", "DTSTART:20260119T090000Z", "SUMMARY:Own")
    thing = read_object(
        event("SUMMARY:Old", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4", "EXDATE:20260112T090000Z", overrides=(changed,))
    )
    later = Edit((made("DTSTART", "20260106T100000Z"), made_text("SUMMARY", "New")))
    octets = change_all(thing, later, "UTC", NOW)
    assert starts(octets) == ["20260106T100000Z", "20260120T100000Z", "20260127T100000Z"]
    assert read_object(octets).override_nodes[0].text("SUMMARY") == "Own"
    assert sequence(octets) == sequence(octets, 1) == "1"


def test_all_from_a_time_to_whole_days() -> None:
    hour = "DTEND;TZID=Europe/Paris:20260119T100000"
    changed = override("RECURRENCE-ID;TZID=Europe/Paris:20260119T090000", PARIS.replace("0105", "0119"), hour)
    lines = ("DTEND;TZID=Europe/Paris:20260105T100000", "RRULE:FREQ=WEEKLY;UNTIL=20260126T080000Z")
    thing = read_object(event(*lines, "EXDATE:20260112T080000Z", start=PARIS, overrides=(changed,)))
    whole = Edit((made("DTSTART", "20260105", {"VALUE": "DATE"}), made("DTEND", "20260106", {"VALUE": "DATE"})))
    octets = change_all(thing, whole, "UTC", NOW)
    assert starts(octets) == ["20260105T000000Z", "20260119T000000Z", "20260126T000000Z"]


def test_another_zone_keeps_what_the_clock_shows() -> None:
    thing = read_object(event("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Paris:20260112T090000", start=PARIS))
    moved = Edit((made("DTSTART", "20260105T090000", {"TZID": "Africa/Lome"}),))
    octets = change_all(thing, moved, "UTC", NOW)
    assert starts(octets) == ["20260105T090000Z", "20260119T090000Z"]
    assert b"BEGIN:VTIMEZONE\r\nTZID:Africa/Lome" in octets


def test_an_override_that_has_no_instance_any_more_goes() -> None:
    changed = override("RECURRENCE-ID:20260119T090000Z", "DTSTART:20260119T120000Z")
    thing = read_object(event("RRULE:FREQ=WEEKLY;COUNT=4", overrides=(changed,)))
    octets = change_all(thing, Edit((made("RRULE", "FREQ=WEEKLY;COUNT=2"),)), "UTC", NOW)
    assert starts(octets) == ["20260105T090000Z", "20260112T090000Z"]


def test_a_text_alone_raises_no_sequence() -> None:
    octets = change_all(read_object(event("SEQUENCE:4", "RRULE:FREQ=DAILY;COUNT=2")), RENAME, "UTC", NOW)
    assert sequence(octets) == "4"
    assert b"DTSTAMP:20260601T120000Z" in octets


def test_deletions() -> None:
    changed = override("RECURRENCE-ID:20260112T090000Z", "DTSTART:20260112T120000Z")
    thing = read_object(event("RRULE:FREQ=WEEKLY;COUNT=3", overrides=(changed,)))
    one = delete_one(thing, at("20260112T090000Z"), "UTC", NOW)
    assert starts(one) == ["20260105T090000Z", "20260119T090000Z"]
    assert starts(delete_following(thing, at("20260112T090000Z"), "UTC", NOW)) == ["20260105T090000Z"]
    assert delete_following(thing, at("20260105T090000Z"), "UTC", NOW) is None
    for moment in ("20260105T090000Z", "20260119T090000Z"):
        one = delete_one(read_object(one), at(moment), "UTC", NOW) if one is not None else None
    assert one is None
    assert delete_one(read_object(event()), at("20260105T090000Z"), "UTC", NOW) is None


def test_deleting_across_a_change_of_clocks_names_the_right_instance() -> None:
    thing = read_object(event("RRULE:FREQ=DAILY", start="DTSTART;TZID=Europe/Paris:20260327T090000"))
    octets = delete_one(thing, at("20260330T070000Z"), "UTC", NOW)
    assert octets is not None
    assert b"EXDATE;TZID=Europe/Paris:20260330T090000" in octets
    assert starts(octets, 3) == ["20260327T080000Z", "20260328T080000Z", "20260329T070000Z"]


def test_nobody_puts_what_is_the_servers() -> None:
    for name in ("UID", "SEQUENCE", "RECURRENCE-ID"):
        with pytest.raises(InvalidInput):
            Edit((made(name, "1"),))
    with pytest.raises(InvalidInput):
        change_one(
            read_object(event("RRULE:FREQ=DAILY")), at("20260105T090000Z"), Edit((made("RRULE", "X"),)), "UTC", NOW
        )


def test_a_line_end_in_a_text_makes_no_alarm() -> None:
    hostile = "x\r\nEND:VEVENT\r\nBEGIN:VALARM\rACTION:EMAIL\nTRIGGER:-PT1M"
    octets = change_all(read_object(event()), Edit((made_text("SUMMARY", hostile),)), "UTC", NOW)
    node = read_object(octets).master_node
    assert node.nodes == []
    assert node.text("SUMMARY") == hostile.replace("\r\n", "\n").replace("\r", "\n")
