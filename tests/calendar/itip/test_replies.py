"""What attendees' messages do to an organiser's calendar (RFC 5546 §3.2.3, §3.2.6, §3.2.7)."""

import itertools

import pytest

from services.calendar.domain.itip.changes import organised
from services.calendar.domain.itip.outcomes import Answered, Ignored, Outcome, Proposed, Refreshed, Refused
from services.calendar.domain.itip.receive import received
from services.calendar.domain.objects import CalendarObject
from tests.calendar.itip.scheduling import (
    NOW,
    ONE,
    ORGANIZER,
    OWNER,
    THREE,
    TWO,
    at,
    attendee,
    component,
    inside,
    kept,
    outside,
    override,
    take,
    text,
    thing,
)

DAILY = "RRULE:FREQ=DAILY;COUNT=5"


def reply(who: str = ONE, said: str = "ACCEPTED", *lines: str, params: str = "", **more: str) -> CalendarObject:
    return thing(component(*lines, people=(attendee(who, f";PARTSTAT={said}{params}"),), **more), method="REPLY")


def answer(stored: CalendarObject | None, message: CalendarObject, by: str = ONE, **more: bool) -> Outcome:
    return take(stored, message, ORGANIZER, by, **more)


def test_an_answer_is_written_beside_its_attendee() -> None:
    outcome = answer(kept(None, component()), reply(ONE, "DECLINED", "COMMENT:En mission"))
    assert isinstance(outcome, Answered)
    assert (outcome.attendee, outcome.participation, outcome.comment) == (ONE, "DECLINED", "En mission")
    assert not outcome.crasher
    assert text(outcome.object).count("PARTSTAT=DECLINED") == 1
    assert "SCHEDULE-STATUS=2.0" in text(outcome.object)


def test_an_answer_to_an_instance_within_a_range_makes_one_as_the_range_has_it() -> None:
    moved = override("20261208", start="20261208T140000").replace(
        "RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;"
    )
    message = reply(ONE, "DECLINED", "RECURRENCE-ID:20261210T090000Z", start="20261210T140000")
    outcome = answer(kept(None, component(DAILY), moved), message)
    assert isinstance(outcome, Answered)
    made = next(node.octets().decode() for node in outcome.object.override_nodes if b"20261210" in node.octets())
    assert "RECURRENCE-ID;TZID=Africa/Lome:20261210T090000" in made
    assert "DTSTART;TZID=Africa/Lome:20261210T140000" in made
    assert "PARTSTAT=DECLINED" in made


def test_an_answer_to_an_instance_makes_one_of_it() -> None:
    message = reply(ONE, "DECLINED", "RECURRENCE-ID:20261208T090000Z", start="20261208T090000")
    outcome = answer(kept(None, component(DAILY)), message)
    assert isinstance(outcome, Answered)
    assert outcome.recurrence_ids == ("20261208T090000Z",)
    made = outcome.object.override_nodes[0].octets().decode()
    assert "RECURRENCE-ID;TZID=Africa/Lome:20261208T090000" in made
    assert "DTSTART;TZID=Africa/Lome:20261208T090000" in made
    assert "DECLINED" not in outcome.object.master_node.octets().decode()
    for nowhere in ("20261208T100000Z", "20270108T090000Z", "20261206T090000Z"):
        odd = reply(ONE, "DECLINED", f"RECURRENCE-ID:{nowhere}")
        assert answer(kept(None, component(DAILY)), odd) == Ignored("no_such_instance")
    out = kept(None, component(DAILY, "EXDATE;TZID=Africa/Lome:20261208T090000"))
    assert answer(out, message) == Ignored("no_such_instance")


def test_the_latest_answer_counts_in_whatever_order_they_come() -> None:
    said = [
        reply(ONE, state, dtstamp=f"20261129T0{hour}0000Z")
        for hour, state in ((7, "ACCEPTED"), (8, "TENTATIVE"), (9, "DECLINED"))
    ]
    for order in itertools.permutations([*said, said[0]]):
        stored = kept(None, component())
        for message in order:
            outcome = answer(stored, message)
            stored = outcome.object if isinstance(outcome, Answered) else stored
        assert "PARTSTAT=DECLINED" in text(stored)


def test_an_answer_to_what_was_moved_since_does_not_count_and_to_what_was_not_does() -> None:
    first = kept(None, component())
    moved = kept(first, component(start="20261207T150000"))
    assert answer(moved, reply(sequence="0")) == Ignored("stale")
    assert isinstance(answer(moved, reply(sequence="1")), Answered)
    # Another room raises SEQUENCE as well; whoever accepted the time meanwhile has accepted it.
    elsewhere = kept(first, component(location="Salle 2"))
    assert "SEQUENCE:1" in text(elsewhere)
    assert isinstance(answer(elsewhere, reply(sequence="0")), Answered)
    again = kept(elsewhere, component(location="Salle 3"))
    assert isinstance(answer(again, reply(sequence="0")), Answered)
    assert answer(kept(again, component(start="20261207T150000")), reply(sequence="2")) == Ignored("stale")


def test_an_answer_to_the_series_is_one_to_instances_that_were_known() -> None:
    stored = kept(None, component(DAILY), override("20261208", start="20261208T150000"))
    outcome = answer(stored, reply())
    assert isinstance(outcome, Answered)
    assert text(outcome.object).count("PARTSTAT=ACCEPTED") == 2
    later = kept(kept(None, component(DAILY)), component(DAILY), override("20261208", start="20261208T150000"))
    outcome = answer(later, reply())
    assert isinstance(outcome, Answered)
    assert text(outcome.object).count("PARTSTAT=ACCEPTED") == 1


def test_an_alias_answers_for_whoever_was_invited() -> None:
    alias = "premier@sante.gouv.tg"
    sender = inside(ONE, alias)
    outcome = received(kept(None, component()), reply(alias), sender, OWNER, NOW)
    assert isinstance(outcome, Answered)
    assert (outcome.attendee, outcome.crasher) == (ONE, False)


def test_who_was_not_invited_is_added_only_where_policy_lets_and_never_silently() -> None:
    stored = kept(None, component())
    assert answer(stored, reply(THREE), by=THREE) == Refused("not_invited")
    outcome = answer(stored, reply(THREE, params=";ROLE=CHAIR;X-A=b"), by=THREE, crashers=True)
    assert isinstance(outcome, Answered)
    assert outcome.crasher
    assert text(outcome.object).count("PARTSTAT=ACCEPTED") == 1
    assert "X-WORKSPACE-UNINVITED=TRUE" in text(outcome.object)
    assert "ROLE=CHAIR" not in text(outcome.object)
    # Which nobody else is shown, and which stays.
    found = organised(outcome.object, thing(component(people=(ONE, TWO, THREE), summary="X")), OWNER, at(1))
    assert "UNINVITED" not in text(found.messages[0])
    assert found.stored is not None
    assert "UNINVITED" in text(found.stored)


def test_outlook_leaves_the_organiser_out() -> None:
    assert isinstance(answer(kept(None, component()), reply(**{"organizer;cn=chef": ""})), Answered)
    other = reply(**{"organizer;cn=chef": f"mailto:{THREE}"})
    assert answer(kept(None, component()), other) == Refused("another_organizer")


def test_a_delegate_is_added_and_answers() -> None:
    delegated = reply(ONE, "DELEGATED", params=f';DELEGATED-TO="mailto:{THREE}"')
    outcome = answer(kept(None, component()), delegated)
    assert isinstance(outcome, Answered)
    assert outcome.delegates == (THREE,)
    assert f'DELEGATED-FROM="mailto:{ONE}"' in text(outcome.object)
    theirs = received(outcome.object, reply(THREE), outside(THREE), OWNER, NOW)
    assert isinstance(theirs, Answered)
    assert not theirs.crasher
    two = answer(
        kept(None, component()), reply(ONE, "DELEGATED", params=f';DELEGATED-TO="mailto:{THREE}","mailto:x@y.tg"')
    )
    assert isinstance(two, Answered)
    assert two.delegates == (THREE, "x@y.tg")
    assert f'DELEGATED-TO="mailto:{THREE}","mailto:x@y.tg"' in text(two.object)
    # Who says so itself is nobody's delegate.
    alone = reply(THREE, params=f';DELEGATED-FROM="mailto:{ONE}"')
    assert answer(kept(None, component()), alone, by=THREE) == Refused("not_invited")


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "REFRESH"])
def test_nobody_speaks_for_another(method: str) -> None:
    said = thing(component(people=(attendee(ONE, ";PARTSTAT=ACCEPTED"),)), method=method)
    stored = kept(None, component())
    assert answer(stored, said, by=TWO) == Refused("spoofed")
    assert received(stored, said, outside(ONE, dmarc=False), OWNER, NOW) == Refused("spoofed")
    assert received(stored, said, outside(THREE), OWNER, NOW) == Refused("spoofed")
    assert answer(None, said) == Ignored("unknown")
    assert take(stored, said, TWO, ONE) == Refused("not_the_organizer")
    nobody = thing(component(people=()), method=method)
    assert answer(stored, nobody) == Refused("no_attendee")


def test_what_is_no_answer_is_refused() -> None:
    assert answer(kept(None, component()), reply(ONE, "PERHAPS")) == Refused("participation")
    assert answer(kept(None, component(status="CANCELLED")), reply()) == Ignored("no_such_instance")


def test_a_proposal_is_kept_for_the_organiser_to_look_at() -> None:
    stored = kept(None, component())
    lines = ("COMMENT:Plutôt le soir", attendee(ONE))
    said = thing(component(*lines, people=(), start="20261207T170000"), method="COUNTER")
    outcome = answer(stored, said)
    assert isinstance(outcome, Proposed)
    assert (outcome.attendee, outcome.start, outcome.zone) == (ONE, "20261207T170000", "Africa/Lome")
    assert outcome.comment == "Plutôt le soir"
    assert answer(kept(stored, component(start="20261207T180000")), said) == Ignored("stale")
    stranger = thing(component(people=(THREE,)), method="COUNTER")
    assert answer(stored, stranger, by=THREE, crashers=True) == Refused("not_invited")


def test_who_asks_is_told_how_it_stands_for_it() -> None:
    stored = kept(None, component(DAILY), override("20261208", people=(TWO,)))
    asked = f"BEGIN:VEVENT\r\nUID:reunion-1\r\nDTSTAMP:20261129T080000Z\r\nORGANIZER:mailto:{ORGANIZER}\r\n"
    said = thing(f"{asked}{attendee(ONE)}\r\nEND:VEVENT", method="REFRESH")
    outcome = answer(stored, said)
    assert isinstance(outcome, Refreshed)
    assert [(each.method, each.recipients) for each in outcome.messages] == [("REQUEST", (ONE,))]
    assert "EXDATE" in text(outcome.messages[0])
