"""Whose home a path of CalDAV names, and which calendars the caller sees in it."""

from dataclasses import dataclass

from chassis.errors import NotFound
from chassis.identity import Identity
from services.calendar.domain.access import NO_CALENDAR, Role
from services.calendar.domain.calendars import id_of
from services.calendar.usecases.authority import Reached, access_to, delegated_by, reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_calendars import list_calendars, standing

NO_HOME = "There is no such home"


@dataclass(frozen=True)
class Home:
    """`role` is what the caller may do in all of it."""

    owner: str
    addresses: tuple[str, ...]
    display_name: str
    calendars: list[Reached]
    role: Role
    own: bool


async def find_home(agenda: Agenda, caller: Identity, address: str) -> Home:
    """Raises `NotFound` also for the home of somebody who shares nothing with the caller."""
    own = (caller.address, *caller.aliases)
    if address.lower() in own:
        return Home(caller.account_id, own, caller.name, await list_calendars(agenda, caller), Role.OWN, own=True)
    person = await agenda.people.by_address(address)
    if person is None:
        raise NotFound(NO_HOME)
    delegated = await delegated_by(agenda, person.account_id, caller)
    found = [Reached(each, access_to(each, caller, delegated)) for each in await agenda.calendars.of(person.account_id)]
    seen = [each for each in found if each.access.role > Role.NONE]
    if not seen:
        raise NotFound(NO_HOME)
    seen.sort(key=lambda each: standing(each.calendar))
    return Home(person.account_id, person.addresses, person.display_name, seen, delegated.role, own=False)


async def find_calendar(agenda: Agenda, caller: Identity, address: str, name: str) -> Reached:
    """In one's own home also what others share, by its whole id. Raises `NotFound`."""
    own = address.lower() in {caller.address, *caller.aliases}
    if "." in name:
        # Whole ids are names in one's own home alone, and never of what is one's own.
        calendar_id = name if own and not name.startswith(f"{caller.account_id}.") else ""
    elif own:
        calendar_id = id_of(caller.account_id, name)
    else:
        person = await agenda.people.by_address(address)
        calendar_id = id_of(person.account_id, name) if person is not None else ""
    calendar = await agenda.calendars.find(calendar_id) if calendar_id else None
    if calendar is None and own and "." not in name:
        # The first question that a client asks may be of the first calendar.
        own_ones = await list_calendars(agenda, caller)
        calendar = next((each.calendar for each in own_ones if each.calendar.id == calendar_id), None)
    if calendar is None:
        raise NotFound(NO_CALENDAR)
    found = await reached(agenda, caller, calendar)
    found.access.need(Role.FREE_BUSY)
    return found
