"""What attendees change in their copies, and what organisers are told (RFC 6638 §3.2.2, RFC 5546 §3.2.3)."""

import pytest

from services.calendar.domain.itip.answers import AttendeeChangeRefused, attended
from services.calendar.domain.itip.outcomes import Ignored, Updated
from tests.calendar.itip.scheduling import (
    ONE,
    ORGANIZER,
    THREE,
    TWO,
    at,
    attendee,
    component,
    override,
    read,
    reply_for,
    take,
    text,
    thing,
)

ME = frozenset({ONE})
DAILY = "RRULE:FREQ=DAILY;COUNT=5"
YES = (attendee(ONE, ";PARTSTAT=ACCEPTED"), TWO)
OUT = "EXDATE;TZID=Africa/Lome:20261208T090000"


def test_an_answer_goes_to_the_organiser_and_names_nobody_else() -> None:
    reply = reply_for(thing(component(sequence="3")), thing(component(people=YES, sequence="3")), ME, at(1))
    assert reply is not None
    assert (reply.method, reply.recipients, reply.sequence) == ("REPLY", (ORGANIZER,), 3)
    assert f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ONE}" in text(reply)
    assert TWO not in text(reply)
    assert "REQUEST-STATUS:2.0;Success" in text(reply)


@pytest.mark.parametrize(
    "line",
    [
        "TRANSP:TRANSPARENT",
        "CATEGORIES:Urgent",
        "X-MOZ-LASTACK:20261129T070000Z",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM",
        "LAST-MODIFIED:20261129T080000Z",
    ],
)
def test_what_is_ones_own_is_changed_and_nobody_is_told(line: str) -> None:
    done = attended(thing(component()), thing(component(line)), ME, at(1))
    assert done.messages == []
    assert done.stored is not None
    assert line in text(done.stored)


@pytest.mark.parametrize(
    "after",
    [
        component(start="20261207T100000"),
        component(duration="PT2H"),
        component(summary="Autre"),
        component(location="Ailleurs"),
        component("RRULE:FREQ=DAILY"),
        component("DESCRIPTION:x"),
        component(people=(ONE, attendee(TWO, ";PARTSTAT=ACCEPTED"))),
        component(people=(ONE,)),
        component(people=(ONE, TWO, THREE)),
        component(people=(TWO,)),
        component(people=(attendee(ONE, ";PARTSTAT=PERHAPS"), TWO)),
        component(**{"organizer;cn=chef": f"mailto:{ONE}"}),
        component(uid="autre"),
    ],
)
def test_the_rest_is_the_organisers(after: str) -> None:
    with pytest.raises(AttendeeChangeRefused) as refused:
        attended(thing(component()), thing(after), ME, at(1))
    assert refused.value.fields["rule"] == "allowed-attendee-scheduling-object-change"


@pytest.mark.parametrize(
    "after",
    [
        (component(DAILY),),
        (component(DAILY, OUT), override("20261209")),
        (override("20261209"),),
        (component(DAILY, OUT), override("20261210", start="20261210T100000")),
    ],
)
def test_neither_are_instances_changed_or_brought_back(after: tuple[str, ...]) -> None:
    with pytest.raises(AttendeeChangeRefused):
        attended(thing(component(DAILY, OUT), override("20261210")), thing(*after), ME, at(1))


def test_an_instance_is_answered_by_itself() -> None:
    after = thing(component(DAILY), override("20261209", people=(attendee(ONE, ";PARTSTAT=TENTATIVE"), TWO)))
    reply = reply_for(thing(component(DAILY)), after, ME, at(1))
    assert reply is not None
    assert reply.recurrence_ids == ("20261209T090000",)
    assert "RRULE" not in text(reply)
    assert reply_for(thing(component(DAILY)), thing(component(DAILY), override("20261209")), ME, at(1)) is None


def test_who_takes_an_instance_out_declines_it_and_keeps_it_out() -> None:
    done = attended(thing(component(DAILY, people=YES)), thing(component(DAILY, OUT, people=YES)), ME, at(1))
    reply = done.messages[0]
    assert reply.recurrence_ids == ("20261208T090000",)
    assert f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ONE}" in text(reply)
    assert done.stored is not None
    update = thing(component(DAILY, summary="Autre titre", dtstamp="20261129T090000Z"), method="REQUEST")
    outcome = take(done.stored, update, ONE)
    assert isinstance(outcome, Updated)
    assert "20261208T090000" in text(outcome.object)
    assert "X-WORKSPACE-DECLINED" not in text(reply)


def test_who_deletes_its_copy_declines_unless_it_is_told_not_to() -> None:
    mine = thing(component(people=YES))
    reply = reply_for(mine, None, ME, at(1))
    assert reply is not None
    assert "PARTSTAT=DECLINED" in text(reply)
    assert reply_for(mine, None, ME, at(1), schedule_reply=False) is None
    assert reply_for(thing(component(people=(attendee(ONE, ";PARTSTAT=DECLINED"),))), None, ME, at(1)) is None
    assert reply_for(thing(component(status="CANCELLED")), None, ME, at(1)) is None


def test_who_delegates_tells_the_organiser_and_asks_the_delegate() -> None:
    own = attendee(ONE, f';PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{THREE}"')
    added = attendee(THREE, f';DELEGATED-FROM="mailto:{ONE}"')
    for people in ((own, TWO, added), (own, TWO)):
        reply, request = attended(thing(component()), thing(component(people=people)), ME, at(1)).messages
        assert (reply.method, request.method, request.recipients) == ("REPLY", "REQUEST", (THREE,))
        assert f'DELEGATED-TO="mailto:{THREE}"' in text(reply)
        assert f'DELEGATED-FROM="mailto:{ONE}"' in text(request)
        assert len(read(request).master_node.every("ATTENDEE")) == 3


def test_a_comment_is_the_attendees_own() -> None:
    mine, note = thing(component("COMMENT:Du chef")), "COMMENT:Du chef"
    reply = reply_for(mine, thing(component(note, people=YES)), ME, at(1))
    assert reply is not None
    assert "COMMENT" not in text(reply)
    reply = reply_for(mine, thing(component("COMMENT:Merci", people=YES)), ME, at(1))
    assert reply is not None
    assert (reply.comment, "COMMENT:Merci" in text(reply)) == ("Merci", True)


def test_a_client_that_answers_itself_is_left_to_it() -> None:
    mine = {"organizer;cn=chef": "", "organizer;schedule-agent=client": f"mailto:{ORGANIZER}"}
    assert reply_for(thing(component(**mine)), thing(component(people=YES, **mine)), ME, at(1)) is None
    assert reply_for(thing(component(people=YES, **mine)), None, ME, at(1)) is None


def test_an_answer_can_be_forced_and_the_sequence_is_the_organisers() -> None:
    forced = {"organizer;cn=chef": "", "organizer;schedule-force-send=reply": f"mailto:{ORGANIZER}"}
    done = attended(thing(component(people=YES)), thing(component(people=YES, sequence="9", **forced)), ME, at(1))
    assert [each.method for each in done.messages] == ["REPLY"]
    assert done.messages[0].sequence == 0
    assert done.stored is not None
    assert "FORCE-SEND" not in text(done.stored)


def test_a_copy_that_a_client_puts_there_answers_if_it_says_anything() -> None:
    assert [each.method for each in attended(None, thing(component(people=YES)), ME, at(1)).messages] == ["REPLY"]
    assert attended(None, thing(component()), ME, at(1)).messages == []
    assert isinstance(take(None, thing(component(), method="REPLY"), ORGANIZER), Ignored)


def onward(day: str = "20261208", hour: str = "14") -> str:
    """From that day on, some hours later."""
    moved = override(day, start=f"{day}T{hour}0000")
    return moved.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")


def test_one_instance_within_a_range_is_answered_where_the_range_has_it() -> None:
    before = thing(component(DAILY), onward())
    within = override("20261210", start="20261210T140000", people=YES)
    reply = reply_for(before, thing(component(DAILY), onward(), within), ME, at(1))
    assert reply is not None
    assert "RECURRENCE-ID;TZID=Africa/Lome:20261210T090000" in text(reply)
    assert "DTSTART;TZID=Africa/Lome:20261210T140000" in text(reply)
    # Elsewhere than the organiser has it, where the series has it among that, nobody attends it.
    for hour in ("090000", "150000"):
        other = override("20261210", start=f"20261210T{hour}", people=YES)
        with pytest.raises(AttendeeChangeRefused):
            attended(before, thing(component(DAILY), onward(), other), ME, at(1))
    earlier = override("20261207", people=YES)
    assert reply_for(before, thing(component(DAILY), earlier, onward()), ME, at(1)) is not None


def test_an_instance_within_a_range_is_taken_out_where_the_range_has_it() -> None:
    before = thing(component(DAILY, people=YES), onward().replace(f"ATTENDEE:mailto:{ONE}", YES[0]))
    out = "EXDATE;TZID=Africa/Lome:20261210T090000"
    after = thing(component(DAILY, out, people=YES), onward().replace(f"ATTENDEE:mailto:{ONE}", YES[0]))
    reply = reply_for(before, after, ME, at(1))
    assert reply is not None
    assert "DTSTART;TZID=Africa/Lome:20261210T140000" in text(reply)
    assert "PARTSTAT=DECLINED" in text(reply)
