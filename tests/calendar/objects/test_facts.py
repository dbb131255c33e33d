"""What is told of an object to an index: texts, people, alarms, buckets, busy time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar.domain.free_busy import Busy, Period, joined, taken
from services.calendar.domain.objects import Facts, facts_of, read_object, window_buckets
from services.calendar.domain.objects.values import DAY, write_moment
from tests.calendar.objects.made import HORIZON, at, calendar, component, event, override


def told(octets: bytes, zone: str = "Africa/Lome") -> Facts:
    return facts_of(read_object(octets), zone, HORIZON)


def test_people_and_texts() -> None:
    facts = told(
        event(
            "SUMMARY:Comité\\, élargi",
            "LOCATION:Salle A",
            "ORGANIZER;CN=Chef:MAILTO:Agent1@numerique.gouv.tg",
            'ATTENDEE;CN="Deux, Agent";ROLE=OPT-PARTICIPANT;PARTSTAT=tentative;RSVP=TRUE;CUTYPE=ROOM;'
            'DELEGATED-FROM="mailto:agent3@numerique.gouv.tg";SCHEDULE-AGENT=CLIENT;SCHEDULE-STATUS="2.0":'
            "mailto:AGENT2@numerique.gouv.tg",
            "TRANSP:TRANSPARENT",
            "CLASS:PRIVATE",
            "SEQUENCE:3",
            "CONFERENCE;VALUE=URI:https://visio.gouv.tg/x",
            "CATEGORIES:Un\\,deux,Trois",
        )
    )
    only = facts.components[0]
    assert (only.summary, only.organizer.address, only.sequence) == ("Comité, élargi", "agent1@numerique.gouv.tg", 3)
    attendee = only.attendees[0]
    assert (attendee.address, attendee.name, attendee.role) == (
        "agent2@numerique.gouv.tg",
        "Deux, Agent",
        "OPT-PARTICIPANT",
    )
    assert (attendee.partstat, attendee.cutype) == ("TENTATIVE", "ROOM")
    assert attendee.delegated_from == ("agent3@numerique.gouv.tg",)
    assert (only.transparent, only.classification, only.conference) == (True, "PRIVATE", "https://visio.gouv.tg/x")
    assert only.categories == ("Un,deux", "Trois")
    assert {"comite", "elargi", "salle", "chef", "agent2"} <= set(facts.terms)


def test_what_thunderbird_dismissed_is_over() -> None:
    first = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nACKNOWLEDGED:20260101T000000Z\nEND:VALARM"
    second = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nACKNOWLEDGED:20260201T000000Z\nEND:VALARM"
    for said, moment in (("20260105T084700Z", "20260105T084700Z"), ("whenever", "20260101T000000Z")):
        facts = told(event("DURATION:PT1H", f"X-MOZ-LASTACK:{said}", first, second))
        assert [alarm.acknowledged for alarm in facts.alarms] == [at(moment), at("20260201T000000Z")]


def test_alarms_say_when_they_are_due() -> None:
    facts = told(
        event(
            "DURATION:PT1H",
            "BEGIN:VALARM\nUID:a\nACTION:DISPLAY\nTRIGGER:-PT15M\nREPEAT:2\nDURATION:PT5M\nACKNOWLEDGED:20260101T000000Z\nEND:VALARM",
            "BEGIN:VALARM\nACTION:EMAIL\nTRIGGER;RELATED=END:PT0S\nATTENDEE:mailto:a@gouv.tg\nEND:VALARM",
            "BEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:20260104T080000Z\nEND:VALARM",
            "BEGIN:VALARM\nTRIGGER:whenever\nEND:VALARM",
        )
    )
    first, second, third = facts.alarms
    only = facts.occurrences[0]
    assert [write_moment(due) for due in first.due(only)] == ["20260105T084500", "20260105T085000", "20260105T085500"]
    assert (first.uid, first.acknowledged) == ("a", at("20260101T000000Z"))
    assert second.due(only) == (at("20260105T100000Z"),)
    assert third.due(only) == (at("20260104T080000Z"),)


def test_buckets_of_short_long_and_endless() -> None:
    assert told(event("DURATION:PT1H")).buckets == ("w2922",)
    assert told(event("DURATION:P70D")).buckets == ("m672", "m673", "m674")
    endless = told(event("RRULE:FREQ=DAILY", "DURATION:PT1H"))
    assert endless.buckets[0] == "m672"
    assert endless.buckets[-1] == "open"
    assert endless.last is None
    assert endless.until is not None
    few = told(event("RRULE:FREQ=DAILY;COUNT=2"))
    assert (few.until, few.last, few.buckets) == (None, at("20260106T090000Z"), ("m672",))


def test_at_most_so_many_instances_are_kept() -> None:
    facts = told(event("RRULE:FREQ=DAILY", start="DTSTART:19900101T000000Z"))
    assert len(facts.occurrences) == 2_000
    assert facts.until == facts.occurrences[-1].start + DAY


def test_a_window_of_centuries_is_not_narrowed() -> None:
    assert window_buckets(at("10000101T000000Z"), at("30000101T000000Z")) == ()


_lines = st.lists(
    st.sampled_from(
        [
            "RRULE:FREQ=WEEKLY;COUNT=20",
            "RRULE:FREQ=DAILY",
            "RRULE:FREQ=MONTHLY;BYDAY=-1FR",
            "RDATE:20270101T000000Z,20311231T235959Z",
            "DURATION:PT1H",
            "DURATION:P20D",
            "DURATION:P400D",
        ]
    ),
    max_size=3,
    unique_by=lambda line: line.partition(":")[0],
)


@settings(max_examples=40)
@given(_lines, st.integers(0, 3000), st.integers(1, 60))
def test_what_touches_a_window_is_in_one_of_its_buckets(lines: list[str], day: int, days: int) -> None:
    facts = told(event(*lines))
    start = at("20250101T000000Z") + day * DAY
    asked = window_buckets(start, start + days * DAY)
    touches = any(each.overlaps(start, start + days * DAY) for each in facts.occurrences)
    beyond = facts.until is not None and start + days * DAY > facts.until
    assert not (touches or beyond) or set(asked) & set(facts.buckets)


def _periods(facts: Facts, *addresses: str) -> list[Period]:
    return taken(facts, facts.occurrences, frozenset(addresses))


def test_busy_time_by_what_says_so() -> None:
    def kinds(*lines: str, address: str = "") -> list[Busy]:
        return [each.kind for each in _periods(told(event("DURATION:PT1H", *lines)), address)]

    assert kinds() == [Busy.BUSY]
    assert kinds("STATUS:TENTATIVE") == [Busy.TENTATIVE]
    assert kinds("STATUS:CANCELLED") == kinds("TRANSP:TRANSPARENT") == []
    assert kinds("X-MICROSOFT-CDO-BUSYSTATUS:OOF") == [Busy.UNAVAILABLE]
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:a@gouv.tg"
    assert kinds(declined, address="a@gouv.tg") == []
    assert kinds("ATTENDEE:mailto:a@gouv.tg", address="a@gouv.tg") == [Busy.TENTATIVE]
    # As others write the same person: by percent (RFC 6068 §2), or beside a name of their own (RFC 7986 §6.2).
    assert kinds("ATTENDEE;PARTSTAT=DECLINED:mailto:r%26d@gouv.tg", address="r&d@gouv.tg") == []
    assert kinds("ATTENDEE;PARTSTAT=DECLINED;EMAIL=a@gouv.tg:urn:uuid:1b4e", address="a@gouv.tg") == []
    assert _periods(told(calendar(component("VTODO", "DTSTART:20260105T090000Z", "DURATION:PT1H")))) == []


def test_a_cancelled_instance_takes_no_time() -> None:
    gone = override("RECURRENCE-ID:20260106T090000Z", "DTSTART:20260106T090000Z", "DURATION:PT1H", "STATUS:CANCELLED")
    facts = told(event("DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", overrides=(gone,)))
    assert _periods(facts) == [Period(at("20260105T090000Z"), at("20260105T100000Z"))]


def test_periods_are_merged_and_the_stronger_is_told() -> None:
    away = Period(25, 40, Busy.UNAVAILABLE)
    given_periods = [Period(0, 10), Period(10, 20), Period(5, 30, Busy.TENTATIVE), away, Period(7, 7)]
    assert joined(given_periods, 0, 50) == [Period(0, 20), Period(20, 25, Busy.TENTATIVE), away]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.sampled_from(list(Busy)))))
def test_merging_keeps_every_moment(rows: list[tuple[int, int, Busy]]) -> None:
    periods = [Period(min(a, b), max(a, b), kind) for a, b, kind in rows]
    told_periods = joined(periods, 0, 50)
    for moment in range(50):
        before = {each.kind for each in periods if each.start <= moment < each.end}
        after = [each.kind for each in told_periods if each.start <= moment < each.end]
        assert len(after) == bool(before)
        assert set(after) <= before
    assert all(one.end <= two.start for one, two in pairwise(told_periods))


def test_rolling_the_horizon_forward_tells_more() -> None:
    thing = read_object(event("RRULE:FREQ=WEEKLY", "DURATION:PT1H"))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    near, far = (facts_of(thing, "UTC", now + timedelta(days=days)) for days in (365, 730))
    assert far.occurrences[: len(near.occurrences)] == near.occurrences
    assert far.until > near.until
