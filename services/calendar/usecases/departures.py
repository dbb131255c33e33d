"""Meetings of who left go to whoever succeeds, and what is kept of an account goes with it."""

from datetime import timedelta

import structlog

from chassis.errors import Conflict, WorkspaceError
from services.calendar.domain.calendars import OWN, Calendar
from services.calendar.store.departures import Departure
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import remove_unchanged
from services.calendar.usecases.empty_calendars import empty, remove_calendar
from services.calendar.usecases.facts import personal_data_erased
from services.calendar.usecases.giving import give_meetings, is_ahead
from services.calendar.usecases.scheduling.parties import Party, party_of
from services.calendar.usecases.scheduling.planning import removal_of
from services.calendar.usecases.stewards import steward_gone

log = structlog.get_logger(__name__)
ACCOUNTS = 10
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
            if not (await give_meetings(agenda, party, heir)).whole:
                return timedelta()
        elif not departure.gone:
            # Who is gone does not wait for a successor.
            return LATER
    if departure.gone:
        await _erase(agenda, departure, party)
    else:
        await agenda.departures.handed_over(departure)
    return None


async def _erase(agenda: Agenda, departure: Departure, party: Party | None) -> None:
    """Calls off what nobody took over, says that the account comes to nothing more, and removes all of it."""
    if not departure.done and party is not None:
        for calendar in await agenda.calendars.of(departure.account):
            await _empty(agenda, party, calendar)
            await remove_calendar(agenda, calendar)
        # Also what its owner gave up before, or a round that was cut off.
        for calendar in await agenda.emptying.of(departure.account):
            await empty(agenda, calendar)
        await agenda.calendars.forget_grantee(departure.account)
        await agenda.appointments.forget(departure.account)
        await agenda.preferences.forget(departure.account)
        await agenda.delegations.forget(departure.account)
        await agenda.polls.forget(departure.account)
        await agenda.reminders.forget(departure.account)
        await agenda.scheduling.forget_owner(departure.account)
        await agenda.handovers.forget(departure.account)
        await steward_gone(agenda, departure.account)
    answers = [personal_data_erased(request, departure.account) for request in departure.requests]
    await agenda.departures.erased(departure, *answers)


async def _empty(agenda: Agenda, party: Party, calendar: Calendar) -> None:
    if calendar.kind != OWN or not party.addresses:
        return
    async for stored in agenda.objects.all_of(calendar.id, content=True):
        if stored.schedule_tag and is_ahead(agenda, stored):
            facts = await removal_of(agenda, party, stored, no_reply=False)
            if not await remove_unchanged(agenda, stored, facts):
                raise Conflict("Others change it all the time")
