"""Administrators hand meetings of who is suspended to another agent; a round gives them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chassis.errors import InvalidInput, NotFound, PreconditionFailed, WorkspaceError
from chassis.identity import Identity
from chassis.ids import new_id
from chassis.people import Person
from services.calendar.domain.access import Role
from services.calendar.domain.handover_letter import Agent, delegates_letter, successors_letter
from services.calendar.domain.objects.occurrences import Occurrence
from services.calendar.domain.stored import Stored
from services.calendar.store.handovers import Handover
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import acted, letter_requested
from services.calendar.usecases.giving import give_meetings, meetings_ahead
from services.calendar.usecases.scheduling.parties import party_of

log = structlog.get_logger(__name__)
MOST_LISTED, MOST_CHOSEN = 1_000, 500
HANDOVERS = 10
# For whatever stood in the way.
LATER = timedelta(minutes=1)
NO_ACCOUNT = "There is no such account"


@dataclass(frozen=True)
class Ahead:
    """A meeting, and when it takes place next."""

    stored: Stored
    next: Occurrence


async def organised_meetings(agenda: Agenda, caller: Identity, account: str) -> list[Ahead]:
    """Those ahead that somebody organises, the next first. Raises `NotFound`."""
    return await _ahead_of(agenda, await _administered(agenda, caller, account))


async def hand_over(
    agenda: Agenda, caller: Identity, account: str, successor_address: str, chosen: Sequence[str] = ()
) -> int:
    """How many are handed over. Raises `NotFound` for whom the caller does not administer, and for meetings that are
    not there; `PreconditionFailed` of an account that is not suspended, `InvalidInput`."""
    if len(chosen) > MOST_CHOSEN:
        raise InvalidInput("Too many meetings", fields={"event_ids": f"at most {MOST_CHOSEN}; none: all"})
    person = await _administered(agenda, caller, account)
    heir = await _successor(agenda, caller, person, successor_address)
    if not person.suspended:
        raise PreconditionFailed("Who is active has meetings of their own", fields={"account_id": "not suspended"})
    meetings = {each.stored.key for each in await _ahead_of(agenda, person)}
    if set(chosen) - meetings:
        raise NotFound("There is no such meeting")
    if not meetings:
        return 0
    many = len(set(chosen)) or len(meetings)
    details = {"to": heir.address, "meetings": str(many) if chosen else f"all ({many})"}
    kept = acted("hand_over_meetings", person.account_id, person.address, person.unit_path, details)
    handover = Handover(person.account_id, new_id(), heir.account_id, tuple(set(chosen)))
    await agenda.handovers.begin(handover, agenda.now(), kept)
    return many


async def _administered(agenda: Agenda, caller: Identity, account: str) -> Person:
    """Raises `NotFound`."""
    person = await agenda.people.by_id(account)
    if person is None or not caller.administers(person.unit_path):
        raise NotFound(NO_ACCOUNT)
    return person


async def _successor(agenda: Agenda, caller: Identity, person: Person, address: str) -> Person:
    """Raises `InvalidInput`, the same for whom the caller does not administer as for nobody."""
    heir = await agenda.people.by_address(address)
    if heir is None or heir.suspended or not caller.administers(heir.unit_path):
        raise InvalidInput("Nobody here goes on with them", fields={"successor_address": "unknown"})
    if heir.account_id == person.account_id:
        raise InvalidInput("They are that person's already", fields={"successor_address": "is the organiser's"})
    return heir


async def _ahead_of(agenda: Agenda, person: Person) -> list[Ahead]:
    party = await party_of(agenda, person.account_id)
    if party is None:
        return []
    now = int(agenda.now().timestamp())
    found: list[Ahead] = []
    async for stored in meetings_ahead(agenda, party, content=False):
        first = next((each for each in stored.facts.occurrences if each.end > now), stored.facts.occurrences[-1])
        found.append(Ahead(stored, first))
    return sorted(found, key=lambda each: (each.next.start, each.stored.key))


async def tend_handovers(agenda: Agenda) -> None:
    """A turn: some meetings of some accounts. Whoever dies goes on where it was, and one that cannot go on holds up
    none of the others."""
    for handover in await agenda.handovers.due(agenda.now(), HANDOVERS):
        try:
            await _tended(agenda, handover)
        except WorkspaceError as error:
            log.warning("handover_failed", handover=handover.key, error=str(error))
            await agenda.handovers.put_off(handover, agenda.now() + LATER)


async def _tended(agenda: Agenda, handover: Handover) -> None:
    """Letters go with the last. Raises `WorkspaceError`."""
    owner, heir = await agenda.people.by_id(handover.owner), await agenda.people.by_id(handover.successor)
    party = await party_of(agenda, handover.owner)
    if party is None or owner is None or heir is None or heir.suspended:
        # Nobody is left to hand them over, or to take them: they stay where they are.
        await agenda.handovers.finished(handover)
        return
    given = await give_meetings(agenda, party, heir, frozenset(handover.chosen))
    if not given.whole:
        return
    delegates = await answering_for(agenda, owner.account_id, but=heir.account_id)
    former, now = (Agent(each.display_name, each.address) for each in (owner, heir))
    letters = [letter_requested(heir.account_id, *successors_letter(former, refused=given.refused))]
    letters += [letter_requested(each.account_id, *delegates_letter(former, now)) for each in delegates]
    await agenda.handovers.finished(handover, *letters)


async def answering_for(agenda: Agenda, owner: str, but: str = "") -> list[Person]:
    """Who may answer in somebody's name."""
    given = await agenda.delegations.given_by(owner)
    ids = [each.delegate for each in given if each.role >= Role.ANSWER and each.delegate != but]
    return [each for each in await agenda.people.by_ids(ids) if not each.suspended]
