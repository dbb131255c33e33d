"""What an organiser's change tells, and whom (RFC 5546 §3.2.2, §3.2.5; RFC 6638 §3.2.1)."""

import pytest

from chassis.errors import Forbidden
from services.calendar.domain.itip.changes import organised
from services.calendar.domain.itip.status import with_status
from tests.calendar.itip.scheduling import (
    ONE,
    ORGANIZER,
    OWNER,
    THREE,
    TWO,
    at,
    attendee,
    by_method,
    component,
    kept,
    messages_for,
    override,
    read,
    text,
    thing,
)

DAILY = "RRULE:FREQ=DAILY;COUNT=5"


def test_a_new_meeting_invites_everybody_but_its_organiser() -> None:
    found = messages_for(None, thing(component(people=(ONE, TWO, ORGANIZER))), OWNER, at(0))
    assert [(each.method, each.recipients) for each in found] == [("REQUEST", (ONE, TWO))]
    assert "METHOD:REQUEST" in text(found[0])
    assert (found[0].uid, found[0].summary, found[0].sequence) == ("reunion-1", "Budget", 0)


@pytest.mark.parametrize(
    "line",
    [
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM",
        "CATEGORIES:Important",
        "TRANSP:TRANSPARENT",
        "X-MOZ-LASTACK:20261129T070000Z",
        "COLOR:red",
    ],
)
def test_a_trivial_change_tells_nobody_and_what_is_personal_never_travels(line: str) -> None:
    before = kept(None, component())
    assert messages_for(before, thing(component(line)), OWNER, at(1)) == []
    sent = text(messages_for(None, thing(component(line)), OWNER, at(1))[0])
    assert line.startswith("TRANSP") or line.split("\r\n")[0] not in sent
    assert "VALARM" not in sent


def test_only_who_is_added_or_removed_is_told_of_that() -> None:
    before = kept(None, component(people=(ONE, TWO)))
    found = organised(before, thing(component(people=(TWO, THREE))), OWNER, at(1))
    told = by_method(found.messages)
    assert set(told) == {("CANCEL", ONE), ("REQUEST", THREE)}
    cancel = text(told["CANCEL", ONE])
    # The meeting takes place: it is off for one alone (RFC 5546 §3.2.5), who is told nothing of the others.
    assert "STATUS:CANCELLED" not in cancel
    assert ONE in cancel
    assert TWO not in cancel
    assert told["CANCEL", ONE].sequence == 1


def test_a_deletion_cancels_with_a_higher_sequence() -> None:
    before = kept(None, component(sequence="4"))
    found = messages_for(before, None, OWNER, at(1))
    assert [(each.method, each.recipients, each.sequence) for each in found] == [("CANCEL", (ONE, TWO), 5)]
    assert "STATUS:CANCELLED" in text(found[0])
    assert by_method(messages_for(before, thing(component(status="CANCELLED")), OWNER, at(1))).keys() == {
        ("CANCEL", ONE),
        ("CANCEL", TWO),
    }


@pytest.mark.parametrize(
    ("change", "asks_again"),
    [
        ({"start": "20261207T100000"}, True),
        ({"duration": "PT2H"}, True),
        ({"rrule": "FREQ=DAILY;COUNT=3"}, True),
        ({"location": "Salle 2"}, False),
        ({"status": "TENTATIVE"}, False),
    ],
)
def test_what_matters_raises_the_sequence_and_another_time_asks_again(change: dict[str, str], asks_again: bool) -> None:
    said = (attendee(ONE, ";PARTSTAT=ACCEPTED"), TWO)
    before = thing(component(people=said))
    found = organised(before, thing(component(people=said, **change)), OWNER, at(1))
    assert found.stored is not None
    assert "SEQUENCE:1" in text(found.stored)
    assert ("PARTSTAT=ACCEPTED" in text(found.stored)) is not asks_again
    assert ("RSVP=TRUE" in text(found.messages[0])) is asks_again
    # What was raised already is not raised again.
    again = organised(before, thing(component(people=said, sequence="7", **change)), OWNER, at(1))
    assert again.messages[0].sequence == 7


def test_a_summary_raises_nothing_and_is_told() -> None:
    before = kept(None, component())
    found = organised(before, thing(component(summary="Budget 2027")), OWNER, at(1))
    assert [(each.method, each.sequence) for each in found.messages] == [("REQUEST", 0)]
    assert found.messages[0].was is not None
    assert found.messages[0].was.summary == "Budget"


def test_an_organiser_says_nothing_for_its_attendees() -> None:
    forged = (attendee(ONE, ";PARTSTAT=ACCEPTED"), attendee(TWO, ";PARTSTAT=ACCEPTED;SCHEDULE-AGENT=CLIENT"))
    new = organised(None, thing(component(people=forged)), OWNER, at(0)).stored
    assert new is not None
    assert "PARTSTAT=NEEDS-ACTION" in text(new)
    # Whose messages the client sends itself (RFC 6638 §7.1), for those it knows.
    assert "SCHEDULE-AGENT=CLIENT" in text(new)
    assert text(new).count("PARTSTAT=ACCEPTED") == 1
    answered = thing(component(people=(attendee(ONE, ";PARTSTAT=DECLINED"), TWO)))
    for claimed in ("ACCEPTED", "NEEDS-ACTION"):
        stored = kept(answered, component(people=(attendee(ONE, f";PARTSTAT={claimed}"), TWO)))
        assert "PARTSTAT=DECLINED" in text(stored)


@pytest.mark.parametrize("agent", ["CLIENT", "NONE", "X-OTHER"])
def test_whom_the_client_tells_itself_we_tell_nothing(agent: str) -> None:
    people = (attendee(ONE, f";SCHEDULE-AGENT={agent}"), TWO)
    assert by_method(messages_for(None, thing(component(people=people)), OWNER, at(0))).keys() == {("REQUEST", TWO)}
    before = kept(None, component())
    found = by_method(messages_for(before, thing(component(people=people)), OWNER, at(1)))
    assert found.keys() == {("CANCEL", ONE)}


def test_a_client_may_force_a_message_once() -> None:
    before = kept(None, component())
    people = (attendee(ONE, ";SCHEDULE-FORCE-SEND=REQUEST"), TWO)
    found = organised(before, thing(component(people=people)), OWNER, at(1))
    assert [(each.method, each.recipients) for each in found.messages] == [("REQUEST", (ONE,))]
    assert found.stored is not None
    assert "FORCE-SEND" not in text(found.stored)
    assert "FORCE-SEND" not in text(found.messages[0])


def test_an_instance_is_told_by_itself() -> None:
    before = kept(None, component(DAILY))
    found = messages_for(before, thing(component(DAILY), override("20261208", start="20261208T140000")), OWNER, at(1))
    assert [(each.method, each.recurrence_ids) for each in found] == [("REQUEST", ("20261208T090000",))]
    assert "RRULE" not in text(found[0])
    assert found[0].sequence == 1


def test_who_is_invited_to_one_instance_learns_of_that_alone() -> None:
    before = kept(None, component(DAILY))
    after = thing(component(DAILY), override("20261208", people=(ONE, TWO, THREE), summary="Avec un expert"))
    found = by_method(messages_for(before, after, OWNER, at(1)))
    sent = text(found["REQUEST", THREE])
    assert "RRULE" not in sent
    assert "RECURRENCE-ID;TZID=Africa/Lome:20261208T090000" in sent
    stored = organised(before, after, OWNER, at(1)).stored
    gone = by_method(messages_for(stored, thing(component(DAILY, summary="Autre")), OWNER, at(2)))
    assert "RECURRENCE-ID" in text(gone["CANCEL", THREE])
    assert gone["CANCEL", THREE].recurrence_ids == ("20261208T090000",)


def test_who_is_left_out_of_an_instance_has_it_as_exdate() -> None:
    found = by_method(messages_for(None, thing(component(DAILY), override("20261208", people=(ONE,))), OWNER, at(0)))
    assert "EXDATE;TZID=Africa/Lome:20261208T090000" in text(found["REQUEST", TWO])
    assert "RECURRENCE-ID" not in text(found["REQUEST", TWO])
    assert "RECURRENCE-ID" in text(found["REQUEST", ONE])
    later = by_method(
        messages_for(
            kept(None, component(DAILY)), thing(component(DAILY), override("20261208", people=(ONE,))), OWNER, at(1)
        )
    )
    assert later.keys() == {("CANCEL", TWO)}
    assert later["CANCEL", TWO].recurrence_ids == ("20261208T090000",)


def test_an_instance_that_is_taken_out_is_cancelled() -> None:
    before = kept(None, component(DAILY))
    after = thing(component(DAILY, "EXDATE;TZID=Africa/Lome:20261209T090000"))
    found = messages_for(before, after, OWNER, at(1))
    assert [(each.method, each.recipients, each.recurrence_ids) for each in found] == [
        ("CANCEL", (ONE, TWO), ("20261209T090000",))
    ]
    assert "STATUS:CANCELLED" in text(found[0])
    one_only = kept(None, component(DAILY, people=(ONE,)), override("20261208", people=(ONE, THREE)))
    gone = thing(component(DAILY, "EXDATE;TZID=Africa/Lome:20261208T090000", people=(ONE,)))
    assert ("CANCEL", THREE) in by_method(messages_for(one_only, gone, OWNER, at(1)))


def test_several_instances_at_once_are_told_as_the_whole() -> None:
    before = kept(None, component(DAILY))
    moved = [override(day, start=f"{day}T150000") for day in ("20261208", "20261209")]
    found = messages_for(before, thing(component(DAILY), *moved), OWNER, at(1))
    assert [(each.method, each.recurrence_ids) for each in found] == [("REQUEST", ())]
    assert len(read(found[0]).nodes) == 3


def test_from_the_series_to_one_instance() -> None:
    before = kept(None, component(DAILY), override("20261208", summary="Suite"))
    after = thing(component(DAILY, people=(TWO,)), override("20261208", summary="Suite"))
    found = [
        (each.method, each.recipients, bool(each.recurrence_ids)) for each in messages_for(before, after, OWNER, at(1))
    ]
    assert found == [("CANCEL", (ONE,), False), ("REQUEST", (ONE,), True)]


def test_an_object_of_somebody_else_or_of_nobody_tells_nothing() -> None:
    theirs = thing(component(**{"organizer;cn=chef": f"mailto:{THREE}"}))
    assert messages_for(None, theirs, OWNER, at(0)) == []
    assert messages_for(None, thing(component(**{"organizer;cn=chef": ""})), OWNER, at(0)) == []


def test_organisers_are_one_and_stay_the_same() -> None:
    before = kept(None, component(DAILY))
    other = {"organizer;cn=chef": f"mailto:{THREE}"}
    with pytest.raises(Forbidden) as refused:
        messages_for(before, thing(component(DAILY, **other)), OWNER, at(1))
    assert refused.value.fields["rule"] == "allowed-organizer-scheduling-object-change"
    with pytest.raises(Forbidden) as refused:
        messages_for(before, thing(component(DAILY), override("20261208", **other)), OWNER, at(1))
    assert refused.value.fields["rule"] == "same-organizer-in-all-components"


def test_who_loses_its_organiser_cancels() -> None:
    before = kept(None, component())
    alone = thing(component(people=(), **{"organizer;cn=chef": ""}))
    found = organised(before, alone, OWNER, at(1))
    assert by_method(found.messages).keys() == {("CANCEL", ONE), ("CANCEL", TWO)}
    assert found.stored is alone


def test_statuses_of_delivery_stand_beside_those_they_are_of() -> None:
    stored = with_status(kept(None, component()), {ONE: "1.2", TWO: "3.7"})
    assert f"SCHEDULE-STATUS=1.2:mailto:{ONE}" in text(stored)
    assert f"SCHEDULE-STATUS=3.7:mailto:{TWO}" in text(stored)
    assert "SCHEDULE-STATUS" not in text(messages_for(None, stored, OWNER, at(1))[0])
    with pytest.raises(ValueError, match="code"):
        with_status(stored, {ONE: "2.0;x"})


def test_as_many_as_a_meeting_may_have_are_told_by_one_message() -> None:
    many = tuple(f"agent{number}@gouv.tg" for number in range(1_000))
    found = messages_for(None, thing(component(people=many)), OWNER, at(0))
    assert [each.recipients for each in found] == [many]


def test_an_attendee_written_twice_is_told_once() -> None:
    people = (attendee(ONE), "ATTENDEE:MAILTO:UN%40sante.gouv.tg", f"ATTENDEE:mailto:{ONE}?subject=x")
    found = messages_for(None, thing(component(people=people)), OWNER, at(0))
    assert [each.recipients for each in found] == [(ONE,)]
