"""Other times that attendees propose to an organiser (COUNTER): they lie in the inbox until the organiser decides."""

from dataclasses import dataclass
from typing import Any

from chassis.errors import Conflict, NotFound
from chassis.events import Fact
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import INBOX, INBOX_NAME, OWN, TEAM, Calendar, id_of
from services.calendar.domain.itip.participating import recurrence_id_in, taken_up
from services.calendar.domain.itip.people import attendees
from services.calendar.domain.itip.proposals import decline_counter
from services.calendar.domain.objects import CalendarObject, facts_of, read_object
from services.calendar.domain.objects.addresses import who
from services.calendar.domain.privacy import hides
from services.calendar.domain.stored import Stored
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.discard_object import discard
from services.calendar.usecases.put_object import ATTEMPTS, write_over
from services.calendar.usecases.scheduling.copies import copies_of
from services.calendar.usecases.scheduling.inbox import PROPOSES
from services.calendar.usecases.scheduling.parties import Party, party_of
from services.calendar.usecases.scheduling.posting import post

NO_PROPOSAL = "There is no such proposal"


@dataclass(frozen=True)
class Proposal:
    """`start` and `end` in seconds UTC; `meeting` is what it is about, as the organiser has it."""

    id: str
    meeting: Stored
    attendee: str
    recurrence_id: str
    start: int
    end: int
    comment: str
    message: Stored


async def list_proposals(agenda: Agenda, caller: Identity, owner: str) -> list[Proposal]:
    """Those of meetings that are still there, the oldest first. Raises `NotFound`, `Forbidden`."""
    inbox = await reach(agenda, caller, id_of(owner or caller.account_id, INBOX_NAME), Role.READ)
    found: list[Proposal] = []
    async for message in agenda.objects.all_of(inbox.calendar.id, content=True):
        if PROPOSES in message.content:
            proposal = await _read(agenda, inbox, message)
            found += [proposal] if proposal is not None else []
    return sorted(found, key=lambda each: each.message.modseq)


async def accept_proposal(agenda: Agenda, caller: Identity, proposal_id: str) -> Stored:
    """The meeting at the proposed time, to which everybody is invited anew. Raises `NotFound`, `Forbidden`,
    `InvalidInput`, `Conflict`."""
    for _ in range(ATTEMPTS):
        proposal, reached, _party = await _find(agenda, caller, proposal_id)
        mine = read_object(proposal.meeting.content, scheduling=True)
        after = taken_up(mine, read_object(proposal.message.content, scheduling=True))
        kept = await write_over(agenda, reached, proposal.meeting, after.octets)
        if kept is None:
            continue
        # Should the process die here the proposal is there still, and taking it up again changes nothing.
        await _done(agenda, proposal)
        return kept
    raise Conflict("Others change it all the time")


async def decline_proposal(agenda: Agenda, caller: Identity, proposal_id: str, comment: str) -> None:
    """It stays as it is, and who proposed otherwise is told. Raises `NotFound`, `Forbidden`."""
    proposal, _, party = await _find(agenda, caller, proposal_id)
    mine = read_object(proposal.meeting.content, scheduling=True)
    said = decline_counter(mine, proposal.recurrence_id, proposal.attendee, comment[:2000], agenda.now())
    await _done(agenda, proposal, *(await post(agenda, party, said)).facts)


async def _done(agenda: Agenda, proposal: Proposal, *facts: Fact) -> None:
    async def act(inbox: Calendar, session: Any) -> None:
        message = await agenda.objects.find(proposal.id, session)
        if message is not None and message.calendar == inbox.id:
            await discard(agenda, inbox, message, session, *facts)

    await agenda.calendars.changing(proposal.message.calendar, act)


async def _find(agenda: Agenda, caller: Identity, proposal_id: str) -> tuple[Proposal, Reached, Party]:
    message = await agenda.objects.find(proposal_id)
    if message is None or PROPOSES not in message.content:
        raise NotFound(NO_PROPOSAL)
    inbox = await reach(agenda, caller, message.calendar, Role.READ)
    proposal = await _read(agenda, inbox, message) if inbox.calendar.kind == INBOX else None
    party = await party_of(agenda, message.owner)
    if proposal is None or party is None:
        raise NotFound(NO_PROPOSAL)
    reached = await reach(agenda, caller, proposal.meeting.calendar, Role.WRITE)
    if reached.calendar.kind not in (OWN, TEAM):
        raise NotFound(NO_PROPOSAL)
    return proposal, reached, party


async def _read(agenda: Agenda, inbox: Reached, message: Stored) -> Proposal | None:
    """None of a meeting that is gone, and to who is not shown what is private of one that is."""
    said = read_object(message.content, scheduling=True)
    party = await party_of(agenda, message.owner)
    copies = await copies_of(agenda, party, said.uid) if party is not None else []
    meeting = next((each for each in copies if each.schedule_tag), None)
    if meeting is None or hides(meeting, inbox.access):
        return None
    node = said.nodes[0]
    people = [who(line) for line in attendees(node)]
    start, end = _span(agenda, said, inbox.calendar.time_zone)
    return Proposal(
        id=message.key,
        meeting=meeting,
        attendee=people[0] if people else "",
        recurrence_id=recurrence_id_in(node),
        start=start,
        end=end,
        comment=node.text("COMMENT"),
        message=message,
    )


def _span(agenda: Agenda, said: CalendarObject, zone: str) -> tuple[int, int]:
    found = facts_of(said, zone, agenda.now() + agenda.options.horizon, 1).occurrences
    return (found[0].start, found[0].end) if found else (0, 0)
