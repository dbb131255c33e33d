"""Objects are read as clients write them, and what cannot be kept is refused by name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import InvalidInput, TooLarge
from services.calendar.domain.objects import facts_of, read_object
from services.calendar.domain.objects.lines import folded, line_of, made, made_text
from services.calendar.domain.objects.writing import serialise
from tests.calendar.objects.made import HORIZON, calendar, component, event, override


def refusal(octets: bytes, **options: bool) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_object(octets, **options)
    assert caught.value.fields["calendar"]
    return caught.value.fields["rule"]


def test_an_event_is_read_and_its_octets_are_kept() -> None:
    octets = event("SUMMARY:Réunion", "X-THING;X-P=1:kept", "BEGIN:X-OWN\nX-A:1\nEND:X-OWN")
    thing = read_object(octets)
    assert (thing.uid, thing.component, thing.octets, len(thing.etag)) == ("one", "VEVENT", octets, 32)
    assert facts_of(thing, "Africa/Lome", HORIZON).components[0].summary == "Réunion"


_ONE = "BEGIN:VEVENT\nUID:a\nDTSTART:20260101T090000Z\nEND:VEVENT"


@pytest.mark.parametrize(
    "octets",
    [
        # Outlook: no DTSTAMP, no VERSION, its own properties, an empty line, lines that end in LF alone.
        event("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "X-ALT-DESC;FMTTYPE=text/html:<b>x</b>").replace(b"\r\n", b"\n"),
        calendar(component("VEVENT", "DTSTART:20260105T090000Z"), lines="METHODX:1"),
        event("\n\nSUMMARY:empty lines"),
        b"\xef\xbb\xbf" + event("SUMMARY:a byte order mark"),
        event("SUMMARY:twice", "SUMMARY:twice", "CLASS:", "STATUS:UNHEARD-OF"),
        event("DTEND:20260104T090000Z"),
        event("ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 100),
        event("ATTACH:javascript:alert(1)", "URL:javascript:alert(1)"),
        event("ORGANIZER:agent1@numerique.gouv.tg", 'ATTENDEE;CN="a;b:c":MAILTO:A@numerique.gouv.tg'),
        event(start='DTSTART;TZID="(UTC) Monrovia, Reykjavik":20260105T090000'),
        event("RRULE:FREQ=WEEKLY;BYDAY=MO;X-OWN=1", "EXDATE:"),
        calendar(component("VEVENT", "DTSTART:20260105T090000Z", uid="../../etc/passwd")),
        calendar(component("VTODO", "SUMMARY:no time at all")),
        # An attendee's copy of one instance.
        calendar(
            _ONE.replace(
                "UID:a",
                "UID:a\nRECURRENCE-ID:20260101T090000Z\nORGANIZER:mailto:a@gouv.tg\nATTENDEE:mailto:b@gouv.tg",
            )
        ),
        calendar(component("VEVENT", "DTSTART:00030101T000000Z", "RRULE:FREQ=DAILY")),
        calendar(component("VEVENT", "DTSTART;VALUE=DATE:99980101", "RRULE:FREQ=DAILY")),
    ],
)
def test_what_clients_really_write_is_kept_as_it_is(octets: bytes) -> None:
    thing = read_object(octets)
    assert thing.octets == octets
    facts = facts_of(thing, "Africa/Lome", HORIZON)
    assert facts.buckets
    assert len(facts.occurrences) <= 2_000


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        (b"", "data"),
        (b"hello", "data"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "data"),
        (event("SUMMARY:caf\xe9").decode().encode("latin-1"), "data"),
        (event("SUMMARY:x").decode().encode("utf-16"), "data"),
        (event("SUMMARY:nul\0"), "data"),
        (event("SUMMARY:broken\nfolding without a space"), "data"),
        (b" " + event(), "data"),
        (event("BEGIN:VALARM"), "data"),
        (event("END:VALARM"), "data"),
        (event(start="DTSTART:yesterday"), "data"),
        (event(start="DTSTART:20260230T090000Z"), "data"),
        (event(start=""), "data"),
        (event("DTEND;VALUE=DATE:20260106"), "data"),
        (event("DURATION:a while"), "data"),
        (calendar(_ONE) + calendar(_ONE), "data"),
        (calendar(lines="VERSION:1.0\nPRODID:x"), "data"),
        (calendar(), "component"),
        (calendar("BEGIN:VTIMEZONE\nTZID:x\nEND:VTIMEZONE"), "component"),
        (calendar(_ONE, _ONE.replace("UID:a", "UID:b")), "object"),
        (calendar(_ONE, "BEGIN:VTODO\nUID:a\nEND:VTODO"), "object"),
        (calendar(_ONE, _ONE), "object"),
        (calendar(_ONE.replace("UID:a\n", "")), "object"),
        (calendar(_ONE, lines="VERSION:2.0\nMETHOD:REQUEST"), "object"),
        (calendar(_ONE.replace("UID:a", "UID:a\nRECURRENCE-ID:20260101T090000Z")), "object"),
        (
            event("RRULE:FREQ=DAILY", overrides=(override("RECURRENCE-ID:20260106T090000Z", "DTSTART:20260106"),) * 2),
            "object",
        ),
        (event("RRULE:FREQ=DAILY", start="DTSTART:00010101T090000Z"), "min-date-time"),
        (event(start="DTSTART:00011231T235959Z"), "min-date-time"),
        (event(start="DTSTART;TZID=Asia/Tokyo:00010101T000000"), "min-date-time"),
        (event(start="DTSTART;TZID=Asia/Tokyo:00020101T080000"), "min-date-time"),
        (event(start="DTSTART;VALUE=DATE:00010101"), "min-date-time"),
        (event(start="DTSTART;VALUE=DATE:99991231"), "max-date-time"),
        (event(start="DTSTART;TZID=America/New_York:99981231T230000"), "max-date-time"),
        (event("DURATION:P10W", start="DTSTART:99981201T090000Z"), "max-date-time"),
        (event("DTEND:99990101T000000Z"), "max-date-time"),
        (event("RDATE:00010101T090000Z"), "min-date-time"),
        (event("RDATE;VALUE=PERIOD:99980101T090000Z/P500D"), "max-date-time"),
        (event("RRULE:FREQ=SECONDLY"), "recurrence"),
        (event("RRULE:FREQ=DAILY;INTERVAL=0"), "recurrence"),
        (event("RRULE:FREQ=DAILY;COUNT=1000000000"), "recurrence"),
        (event("RRULE:FREQ=DAILY;UNTIL=20270101"), "recurrence"),
        (event("RRULE:FREQ=DAILY;UNTIL=20270101T000000Z", start="DTSTART;VALUE=DATE:20260105"), "recurrence"),
        (event("RRULE:FREQ=DAILY", "EXDATE;VALUE=DATE:20260106"), "recurrence"),
        (event("RRULE:FREQ=DAILY", "RDATE;VALUE=DATE:20260106"), "recurrence"),
        (event("RDATE:whenever"), "recurrence"),
        (event("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "recurrence"),
        (event(*["RRULE:FREQ=DAILY"] * 6), "recurrence"),
        (event(*(f"ATTENDEE:mailto:a{at}@gouv.tg" for at in range(10_000))), "attendees"),
        (event(*(f"ATTENDEE:mailto:a{at}@gouv.tg" for at in range(1_001))), "attendees"),
        (event("EXDATE:" + ",".join(["20260106T090000Z"] * 5_001)), "size"),
        (event("DESCRIPTION:" + "x" * 300_000), "size"),
        (event(*["X-A:1"] * 20_001), "size"),
        (event(*["BEGIN:VALARM\nTRIGGER:-PT1M\nEND:VALARM"] * 51), "size"),
        (event("\n".join(["BEGIN:X"] * 50 + ["END:X"] * 50)), "size"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(octets: bytes, rule: str) -> None:
    assert refusal(octets) == rule


def test_one_megabyte_is_too_large() -> None:
    with pytest.raises(TooLarge):
        read_object(event("DESCRIPTION:" + "x" * 1_048_576))


def test_messages_have_methods_and_overrides_alone() -> None:
    alone = component("VEVENT", "DTSTART:20260105T120000Z", "RECURRENCE-ID:20260105T090000Z")
    thing = read_object(calendar(alone, lines="VERSION:2.0\nMETHOD:request"), scheduling=True)
    assert (thing.method, thing.master_node, len(thing.override_nodes)) == ("REQUEST", None, 1)
    assert [each.component for each in facts_of(thing, "UTC", HORIZON).occurrences] == [0]


def test_folds_within_a_character_are_undone() -> None:
    octets = event("SUMMARY:Réunion").replace(b"R\xc3\xa9", b"R\xc3\r\n \xa9")
    thing = read_object(octets)
    assert thing.master_node.text("SUMMARY") == "Réunion"
    assert thing.octets == event("SUMMARY:Réunion")


def test_messages_from_windows_are_read_in_its_charset() -> None:
    octets = event("SUMMARY:Réunion").decode().encode("cp1252")
    assert read_object(octets, scheduling=True).master_node.text("SUMMARY") == "Réunion"


def test_a_lone_line_end_within_a_text_makes_no_property() -> None:
    for end in ("\r", "\x0b", "\x0c"):
        octets = event(f"SUMMARY:a{end}BEGIN:VALARM{end}TRIGGER:-PT1M{end}END:VALARM")
        thing = read_object(octets)
        assert thing.master_node.nodes == []
        assert end.encode() not in thing.octets.replace(b"\r\n", b"")
    for end in ("\x85", "\u2028", "\u2029"):
        assert read_object(event(f"SUMMARY:a{end}BEGIN:VALARM")).master_node.text("SUMMARY") == f"a{end}BEGIN:VALARM"


@settings(max_examples=50)
@given(st.text(max_size=120), st.text(max_size=20))
def test_what_we_write_is_read_as_one_line_of_the_same_text(text: str, parameter: str) -> None:
    try:
        text.encode(), parameter.encode()
    except UnicodeEncodeError:
        return
    line = made_text("SUMMARY", text, {"X-P": parameter})
    written = folded(line.raw)
    assert all(len(row.encode()) <= 75 for row in written.split("\r\n"))
    again = line_of(written.replace("\r\n ", "").removesuffix("\r\n"))
    assert again is not None
    assert "\n" not in again.raw
    assert "\r" not in again.raw
    kept = "".join(each for each in text.replace("\r\n", "\n").replace("\r", "\n") if each in "\t\n" or each >= " ")
    assert again.text == kept.replace("\x7f", "")


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_octets_are_an_object_or_refused(octets: bytes) -> None:
    for given_octets in (octets, b"BEGIN:VCALENDAR\n" + octets, event("X:").replace(b"X:", octets)):
        try:
            thing = read_object(given_octets)
        except (InvalidInput, TooLarge):
            continue
        # What is kept is read again as the same.
        assert read_object(thing.octets).etag == thing.etag
        assert facts_of(thing, "Africa/Lome", HORIZON).components


def test_what_is_written_has_its_zones() -> None:
    thing = read_object(event("SUMMARY:a", start="DTSTART;TZID=Europe/Paris:20260105T090000"))
    again = read_object(serialise(*thing.nodes, method="REQUEST"), scheduling=True)
    assert [node.value("TZID") for node in again.zone_nodes] == ["Europe/Paris"]
    assert again.method == "REQUEST"


def test_made_lines_hold_no_line_end() -> None:
    assert made("URL", "https://x\r\nBEGIN:VALARM").raw == "URL:https://xBEGIN:VALARM"
