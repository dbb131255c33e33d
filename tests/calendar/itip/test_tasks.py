"""Tasks that somebody gives to others (RFC 5546 §3.4)."""

from services.calendar.domain.itip import Answered, Created, attended, messages_for
from tests.calendar.itip.scheduling import ONE, ORGANIZER, OWNER, at, attendee, component, kept, take, text, thing


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
