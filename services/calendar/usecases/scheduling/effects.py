"""What is to be written and told for what a message does to a meeting."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workspace.calendar.v1 import events_pb2

from chassis.events import Fact, fact
from services.calendar.domain.itip.changes import request_to
from services.calendar.domain.itip.outcomes import (
    Answered,
    Cancelled,
    Created,
    Foretold,
    NeedsRefresh,
    Outcome,
    ProposalDeclined,
    Proposed,
    Refreshed,
    Updated,
)
from services.calendar.domain.itip.people import with_params
from services.calendar.domain.itip.series import series_of
from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.objects.addresses import who
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.stored import Stored
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.scheduling.parties import Party, receiving
from services.calendar.usecases.scheduling.posting import post


@dataclass(frozen=True)
class Effect:
    """`object` is what to keep of the meeting, None: nothing else than before; `seen` says whether the message goes
    into the inbox; `same_tag` that no client has to look at the meeting again before it changes it (RFC 6638 §3.2.10);
    `by_organizer` that the message's version is the latest word; `foretold` is kept until its invitation comes."""

    object: CalendarObject | None = None
    facts: tuple[Fact, ...] = ()
    seen: bool = True
    same_tag: bool = False
    by_organizer: bool = False
    foretold: bytes = field(default=b"", repr=False)


async def effect_of(agenda: Agenda, party: Party, stored: Stored | None, outcome: Outcome) -> Effect | None:
    """None where there is nothing to do. Raises `TooLarge` for an answer that is."""
    match outcome:
        case Created() | Cancelled():
            return Effect(outcome.object, by_organizer=True)
        case Updated():
            return Effect(outcome.object, by_organizer=True, same_tag=only_participation(outcome.was, outcome.object))
        case Foretold():
            return Effect(seen=False, by_organizer=True, foretold=outcome.object.octets)
        case Answered():
            facts = [_replied(party, stored, outcome)] if stored is not None else []
            facts += await _to_delegates(agenda, party, outcome)
            return Effect(outcome.object, tuple(facts), same_tag=True)
        case Proposed() | ProposalDeclined():
            return Effect()
        case Refreshed() | NeedsRefresh():
            return Effect(facts=(await post(agenda, party, outcome.messages)).facts, seen=False)
        case _:
            return None


def _replied(party: Party, stored: Stored, answer: Answered) -> Fact:
    told = events_pb2.InvitationReplied(
        owner_id=party.id,
        event_id=stored.key,
        uid=stored.uid,
        attendee=answer.attendee,
        participation=answer.participation,
        recurrence_id=answer.recurrence_ids[0] if answer.recurrence_ids else "",
        comment=answer.comment[:2000],
        uninvited=answer.crasher,
    )
    return fact(told, subject=stored.key, version=stored.modseq, audience=[party.id])


async def _to_delegates(agenda: Agenda, party: Party, answer: Answered) -> Sequence[Fact]:
    """Who is of this platform is invited by the organiser alone, as it believes nobody else; to others the attendee has
    written."""
    inside = await receiving(agenda, answer.delegates)
    series = series_of(answer.object)
    asked = [each for to in inside for each in request_to(series, to, party.own, agenda.now())]
    return (await post(agenda, party, asked)).facts


_OF_PARTICIPATION = {"PARTSTAT": None, "RSVP": None, "SCHEDULE-STATUS": None}
_NO_NEWS = frozenset({"DTSTAMP", "SEQUENCE", "LAST-MODIFIED", "CREATED"})


def only_participation(before: CalendarObject, after: CalendarObject) -> bool:
    """Whether nothing changed but what attendees say of themselves."""
    return [_bare(node) for node in before.nodes] == [_bare(node) for node in after.nodes]


def _bare(node: Node) -> tuple[object, ...]:
    lines = [
        with_params(line, _OF_PARTICIPATION) if line.name == "ATTENDEE" else line
        for line in node.lines
        if line.name not in _NO_NEWS and not line.name.startswith("X-")
    ]
    said = sorted((line.name, who(line) if line.name == "ATTENDEE" else line.value, line.raw) for line in lines)
    return node.value("RECURRENCE-ID"), tuple(said)
