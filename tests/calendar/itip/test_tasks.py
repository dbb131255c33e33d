"""Tasks that somebody gives to others (RFC 5546 §3.4)."""

import pytest

from services.calendar.domain.itip.answers import AttendeeChangeRefused, attended
from services.calendar.domain.itip.outcomes import Answered, Created
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.objects.edits import change_all
from services.calendar.domain.objects.facts import facts_of
from services.calendar.domain.stored import Stored
from services.calendar.domain.structured.composing import Setting, edit_of
from services.calendar.domain.structured.fields import Fields
from services.calendar.domain.structured.people import Organizer
from services.calendar.domain.tasks import Due, State, listed
from tests.calendar.itip.scheduling import (
    ONE,
    ORGANIZER,
    OWNER,
    at,
    attendee,
    component,
    kept,
    messages_for,
    take,
    text,
    thing,
)


def task(*lines: str, people: tuple[str, ...] = (ONE,)) -> str:
    due = "DUE;TZID=Africa/Lome:20261211T170000"
    return component(*lines, due, people=people, duration="").replace("VEVENT", "VTODO")


def test_a_task_is_given_done_and_told() -> None:
    organised = kept(None, task())
    given = take(None, messages_for(None, organised, OWNER, at(0))[0], ONE)
    assert isinstance(given, Created)
    done = task("PERCENT-COMPLETE:100", "COMPLETED:20261210T090000Z", people=(attendee(ONE, ";PARTSTAT=COMPLETED"),))
    reply = attended(given.object, thing(done), frozenset({ONE}), at(1)).messages[0]
    assert "PERCENT-COMPLETE:100" in text(reply)
    outcome = take(organised, reply, ORGANIZER, ONE)
    assert isinstance(outcome, Answered)
    assert outcome.participation == "COMPLETED"


def test_who_was_given_a_task_completes_it_by_fields() -> None:
    organised = kept(None, task("STATUS:NEEDS-ACTION"))
    given = take(None, messages_for(None, organised, OWNER, at(0))[0], ONE)
    assert isinstance(given, Created)
    setting = Setting("Africa/Lome", Organizer(ONE), at(1))
    edit = edit_of(Fields(status="COMPLETED"), given.object.nodes[0], setting)
    done = read_object(change_all(given.object, edit, "Africa/Lome", at(1)))
    (reply,) = attended(given.object, done, frozenset({ONE}), at(1)).messages
    assert "PARTSTAT=COMPLETED" in text(reply)
    assert "PERCENT-COMPLETE:100" in text(reply)
    assert done.nodes[0].value("STATUS") == "NEEDS-ACTION", "which is the organiser's to say"
    alias = Setting("Africa/Lome", Organizer("chef@sante.gouv.tg", aliases=(ONE,)), at(1))
    again = edit_of(Fields(status="COMPLETED"), given.object.nodes[0], alias)
    assert [line.raw for line in again.put] == [line.raw for line in edit.put], "by whichever address"
    (place,) = listed(_stored(done), State.DONE, Due())
    assert place.key == "acc-agent2.t"


@pytest.mark.parametrize("was", ["STATUS:NEEDS-ACTION", "PRIORITY:1"])
def test_what_programs_say_by_status_is_the_answer(was: str) -> None:
    """Thunderbird and others know of no PARTSTAT of a task."""
    given = take(None, messages_for(None, kept(None, task(was)), OWNER, at(0))[0], ONE)
    assert isinstance(given, Created)
    more = () if was.startswith("STATUS") else (was,)
    own = frozenset({ONE})
    since = "COMPLETED:20261210T090000Z"
    done = attended(given.object, thing(task("STATUS:COMPLETED", since, *more)), own, at(1))
    assert "PARTSTAT=COMPLETED" in text(done.messages[0])
    assert done.stored is not None
    assert done.stored.nodes[0].value("STATUS") == given.object.nodes[0].value("STATUS")
    there = (attendee(ONE, ";PARTSTAT=COMPLETED"),)
    begun = attended(done.stored, thing(task("STATUS:IN-PROCESS", since, *more, people=there)), own, at(2))
    assert "PARTSTAT=IN-PROCESS" in text(begun.messages[0])
    again = attended(done.stored, thing(task("STATUS:NEEDS-ACTION", *more, people=there)), own, at(2))
    assert "PARTSTAT=ACCEPTED" in text(again.messages[0])
    with pytest.raises(AttendeeChangeRefused):
        attended(given.object, thing(task("STATUS:CANCELLED", *more)), own, at(1))


def _stored(done: CalendarObject) -> Stored:
    facts = facts_of(done, "Africa/Lome", at(100))
    return Stored("acc-agent2", "t", "acc-agent2.agenda", "t.ics", 1, at(1), "e", len(done.octets), facts)
