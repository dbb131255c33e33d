"""Meetings of who left go to whoever succeeds, and what is kept of an account goes with it."""

import hashlib
from datetime import timedelta

import structlog

from chassis.errors import Conflict, WorkspaceError
from chassis.people import Person
from services.calendar.domain.access import OWNER
from services.calendar.domain.calendars import DEFAULT_NAME, OWN, Calendar
from services.calendar.domain.itip.handing_over import handed_to
from services.calendar.domain.objects import read_object
from services.calendar.domain.stored import Stored
from services.calendar.store.departures import Departure
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_calendar import remove_calendar
from services.calendar.usecases.delete_object import remove_unchanged
from services.calendar.usecases.facts import personal_data_erased
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.put_object import write_object
from services.calendar.usecases.scheduling.parties import Party, party_of
from services.calendar.usecases.scheduling.planning import removal_of

log = structlog.get_logger(__name__)
ACCOUNTS, MEETINGS = 10, 100
# For a successor who is not there, and for whatever stood in the way.
LATER = timedelta(minutes=1)


async def tend_departures(agenda: Agenda) -> None:
    """A turn: some meetings of some accounts. Whoever dies goes on where it was, and one that cannot go on holds up
    none of the others."""
    for departure in await agenda.departures.due(agenda.now(), ACCOUNTS):
        try:
            wait = await _tended(agenda, departure)
        except WorkspaceError as error:
            log.warning("departure_failed", account=departure.account, error=str(error))
            wait = LATER
        if wait is not None:
            await agenda.departures.put_off(departure, agenda.now() + wait)


async def _tended(agenda: Agenda, departure: Departure) -> timedelta | None:
    """After how long there is more to do of it; None when all is done."""
    party = await party_of(agenda, departure.account)
    if departure.gone:
        party = Party(departure.account, tuple(departure.addresses))
    # Of a departure that was undone, what had been given stays with whom it was given to.
    if not departure.done and departure.successor and party is not None and party.addresses:
        heir = await agenda.people.by_id(departure.successor)
        if heir is not None and not heir.suspended:
            if not await _hand_over(agenda, departure, party, heir):
                return timedelta()
        elif not departure.gone:
            # Who is gone does not wait for a successor.
            return LATER
    if departure.gone:
        await _erase(agenda, departure, party)
    else:
        await agenda.departures.handed_over(departure)
    return None


async def _hand_over(agenda: Agenda, departure: Departure, party: Party, heir: Person) -> bool:
    """Whether it is all done. Nobody can tell another organiser of a meeting (RFC 5546 §3.2.2.6) from a thief: the
    successor invites to it anew, and the former one is called off, in this order, so that at no time there is none."""
    count = 0
    for calendar in await agenda.calendars.of(departure.account):
        if calendar.kind != OWN:
            continue
        async for stored in agenda.objects.all_of(calendar.id, content=True):
            if not _is_ahead(agenda, stored) or not _organises(party, stored):
                continue
            if count == MEETINGS:
                return False
            count += 1
            await _give(agenda, heir, stored)
            facts = await removal_of(agenda, party, stored, no_reply=False)
            if not await remove_unchanged(agenda, stored, facts):
                return False
    return True


async def _give(agenda: Agenda, heir: Person, stored: Stored) -> None:
    """Once: what is given has a UID that follows from the first one's."""
    uid = hashlib.sha256(f"{heir.account_id} {stored.uid}".encode()).hexdigest()[:32]
    if await agenda.objects.of_owner_with_uid(heir.account_id, uid):
        return
    calendars = [each for each in await own_calendars(agenda, heir.account_id) if each.kind == OWN]
    target = next((each for each in calendars if each.name == DEFAULT_NAME), calendars[0])
    content = handed_to(
        read_object(stored.content, scheduling=True), uid, heir.address, heir.display_name, frozenset(heir.addresses)
    )
    await write_object(agenda, Reached(target, OWNER), f"{uid}.ics", content, attached=stored.attached)


def _is_ahead(agenda: Agenda, stored: Stored) -> bool:
    now = int(agenda.now().timestamp())
    facts = stored.facts
    return not stored.is_off and (facts.last is None or facts.last > now) and bool(facts.occurrences)


def _organises(party: Party, stored: Stored) -> bool:
    first = stored.facts.components[0]
    return bool(stored.schedule_tag) and first.organizer is not None and first.organizer.address in party.own


async def _erase(agenda: Agenda, departure: Departure, party: Party | None) -> None:
    """Calls off what nobody took over, says that the account comes to nothing more, and removes all of it."""
    if not departure.done and party is not None:
        for calendar in await agenda.calendars.of(departure.account):
            await _empty(agenda, party, calendar)
            await remove_calendar(agenda, Reached(calendar, OWNER))
        await agenda.calendars.forget_grantee(departure.account)
        await agenda.appointments.forget(departure.account)
        await agenda.preferences.forget(departure.account)
        await agenda.delegations.forget(departure.account)
        await agenda.polls.forget(departure.account)
        await agenda.reminders.forget(departure.account)
        await agenda.scheduling.forget_owner(departure.account)
    answers = [personal_data_erased(request, departure.account) for request in departure.requests]
    await agenda.departures.erased(departure, *answers)


async def _empty(agenda: Agenda, party: Party, calendar: Calendar) -> None:
    if calendar.kind != OWN or not party.addresses:
        return
    async for stored in agenda.objects.all_of(calendar.id, content=True):
        if stored.schedule_tag and _is_ahead(agenda, stored):
            facts = await removal_of(agenda, party, stored, no_reply=False)
            if not await remove_unchanged(agenda, stored, facts):
                raise Conflict("Others change it all the time")
