"""Invitations: which ones wait for an answer, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import Conflict, InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import OWN
from services.calendar.domain.instances import Instance, shown
from services.calendar.domain.itip.messages import Message
from services.calendar.domain.itip.participating import participating
from services.calendar.domain.itip.people import DELEGATED, NEEDS_ACTION
from services.calendar.domain.itip.proposals import counter_for
from services.calendar.domain.objects import CalendarObject, read_object, window_buckets
from services.calendar.domain.objects.addresses import address_of, is_mail
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.values import write_moment
from services.calendar.domain.stored import Stored
from services.calendar.store.encoding import asked
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.put_object import ATTEMPTS, write_over
from services.calendar.usecases.scheduling.parties import Party, party_of
from services.calendar.usecases.scheduling.posting import post

# What is further ahead is asked about when it comes nearer.
AHEAD = timedelta(days=366)
MOST = 500
MAX_COMMENT = 2_000
NO_INVITATION = "There is no such invitation"


@dataclass(frozen=True)
class Waiting:
    """An invitation by its next time. `whole`: no instance has been answered to."""

    instance: Instance
    whole: bool


@dataclass(frozen=True)
class Answer:
    """`said` is a PARTSTAT, empty where only another time is proposed: from `start` to `end`. `recurrence_id` names an
    instance, empty: all. `delegate` is the address of whom it is delegated to."""

    said: str = ""
    recurrence_id: str = ""
    comment: str = ""
    delegate: str = ""
    start: datetime | None = None
    end: datetime | None = None


async def list_invitations(agenda: Agenda, caller: Identity, owner: str) -> list[Waiting]:
    """Of the caller, or of whom the caller answers for, the next first. Raises `NotFound`."""
    party = await party_of(agenda, owner or caller.account_id)
    calendars = {
        each.calendar.id: each
        for each in await list_calendars(agenda, caller)
        if party is not None and each.calendar.owner == party.id and each.calendar.kind == OWN
    }
    answered_for = {name: each for name, each in calendars.items() if each.access.role >= Role.ANSWER}
    if party is None or not answered_for:
        raise NotFound("There are no such calendars")
    now = agenda.now()
    start, end = int(now.timestamp()), int((now + AHEAD).timestamp())
    buckets = asked(window_buckets(start, end), end, now)
    found = await agenda.objects.in_window(list(answered_for), buckets, content=False)
    waiting = [
        each
        for stored in found
        if stored.schedule_tag and (each := _next(stored, start, end, party, answered_for[stored.calendar])) is not None
    ]
    return sorted(waiting, key=lambda each: each.instance.occurrence.start)[:MOST]


def _next(stored: Stored, start: int, end: int, party: Party, reached: Reached) -> Waiting | None:
    components = stored.facts.components
    if components[0].organizer is not None and components[0].organizer.address in party.own:
        return None
    waits = [
        component.status != "CANCELLED"
        and any(each.address in party.own and each.partstat == NEEDS_ACTION for each in component.attendees)
        for component in components
    ]
    occurrences = [each for each in stored.occurrences_between(start, end) if waits[each.component]]
    first = next(iter(shown(stored, occurrences[:1], reached.calendar, reached.access)), None)
    return Waiting(first, waits[0] and components[0].recurrence == 0) if first is not None else None


async def answer_invitation(agenda: Agenda, caller: Identity, event_id: str, answer: Answer) -> Stored:
    """The copy with the answer, which the organiser is told in the same write. Another time that is proposed is told
    beside it (COUNTER). Raises `NotFound`, `Forbidden`, `InvalidInput`, `Conflict`."""
    _check(answer, agenda.now())
    for _ in range(ATTEMPTS):
        reached, stored, party = await find_meeting(agenda, caller, event_id, Role.ANSWER)
        copy = read_object(stored.content, scheduling=True)
        if not any(each.address in party.own for part in stored.facts.components for each in part.attendees):
            raise NotFound(NO_INVITATION)
        _check_delegate(answer, stored, party)
        counter = _counter(copy, answer, party, agenda.now)
        if answer.said:
            delegate = address_of(answer.delegate) if answer.delegate else ""
            said = participating(copy, answer.recurrence_id, party.own, answer.said, answer.comment, delegate)
            kept = await write_over(agenda, reached, stored, said.octets)
            if kept is None:
                continue
            stored = kept
        await _propose(agenda, party, stored, counter)
        return stored
    raise Conflict("Others change it all the time")


async def find_meeting(agenda: Agenda, caller: Identity, event_id: str, role: Role) -> tuple[Reached, Stored, Party]:
    """A meeting by the id that REST has for it, where the caller has a role. Raises `NotFound`, `Forbidden`."""
    stored = await agenda.objects.find(event_id)
    if stored is None or not stored.schedule_tag:
        raise NotFound(NO_INVITATION)
    reached = await reach(agenda, caller, stored.calendar, role)
    party = await party_of(agenda, stored.owner)
    if party is None or reached.calendar.kind != OWN:
        raise NotFound(NO_INVITATION)
    return reached, stored, party


def _check(answer: Answer, now: datetime) -> None:
    """Raises `InvalidInput`."""
    times = (answer.start, answer.end)
    if not answer.said and times == (None, None):
        raise InvalidInput("Not an answer", fields={"answer": "is needed, or another time"})
    if times != (None, None) and (answer.start is None or answer.end is None or answer.end <= answer.start):
        raise InvalidInput("Not a time", fields={"proposed_end": "has to be after the start"})
    if answer.end is not None and answer.end <= now:
        raise InvalidInput("Not a time", fields={"proposed_end": "has to be to come"})
    if len(answer.comment) > MAX_COMMENT:
        raise InvalidInput("Too long", fields={"comment": f"at most {MAX_COMMENT} characters"})
    if answer.said == DELEGATED and not is_mail(address_of(answer.delegate)):
        raise InvalidInput("Not an address", fields={"delegate": "is to be a mail address"})


def _check_delegate(answer: Answer, stored: Stored, party: Party) -> None:
    """Nobody passes an invitation on to oneself, or back to who sent it. Raises `InvalidInput`."""
    delegate = address_of(answer.delegate)
    organizer = stored.facts.components[0].organizer
    if answer.said == DELEGATED and (delegate in party.own or (organizer and delegate == organizer.address)):
        whose = "your own" if delegate in party.own else "the organiser's"
        raise InvalidInput("That is nobody to pass it on to", fields={"delegate": f"is {whose}"})


def _counter(copy: CalendarObject, answer: Answer, party: Party, now: Callable[[], datetime]) -> list[Message]:
    if answer.start is None or answer.end is None:
        return []
    times = [_utc("DTSTART", answer.start), _utc("DTEND", answer.end)]
    return counter_for(copy, answer.recurrence_id, times, answer.comment, party.own, now())


def _utc(name: str, moment: datetime) -> Line:
    return made(name, write_moment(int(moment.timestamp()), utc=True))


async def _propose(agenda: Agenda, party: Party, stored: Stored, counter: list[Message]) -> None:
    if counter:
        posted = await post(agenda, party, counter)
        await agenda.scheduling.tell(party.id, stored.uid, agenda.now(), *posted.facts)
