"""Whose home a path of CalDAV names, and which calendars the caller sees in it."""

from dataclasses import dataclass

from chassis.errors import NotFound
from chassis.identity import Identity
from services.calendar.domain.access import NO_CALENDAR, Role
from services.calendar.domain.calendars import Calendar
from services.calendar.usecases.authority import Reached, access_to, delegated_by, reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_calendars import list_calendars, standing
from services.calendar.usecases.resource_access import resource_at

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
        return await _of_resource(agenda, caller, address)
    delegated = await delegated_by(agenda, person.account_id, caller)
    found = [Reached(each, access_to(each, caller, delegated)) for each in await agenda.calendars.of(person.account_id)]
    seen = [each for each in found if each.access.role > Role.NONE]
    if not seen:
        raise NotFound(NO_HOME)
    seen.sort(key=lambda each: standing(each.calendar))
    return Home(person.account_id, person.addresses, person.display_name, seen, delegated.role, own=False)


async def _of_resource(agenda: Agenda, caller: Identity, address: str) -> Home:
    """A room's or equipment's, for whoever may book it. Raises `NotFound`."""
    resource = await resource_at(agenda, caller, address)
    if resource is None:
        raise NotFound(NO_HOME)
    found = [await reached(agenda, caller, each) for each in await agenda.calendars.of(resource.id)]
    return Home(resource.id, (resource.address,), resource.name, found, Role.NONE, own=False)


async def _owner_at(agenda: Agenda, caller: Identity, address: str) -> str:
    """Who is at an address, a person or a resource. Raises `NotFound`."""
    person = await agenda.people.by_address(address)
    if person is not None:
        return person.account_id
    resource = await resource_at(agenda, caller, address)
    if resource is None:
        raise NotFound(NO_CALENDAR)
    return resource.id


async def find_calendar(agenda: Agenda, caller: Identity, address: str, name: str) -> Reached:
    """In one's own home also what others share, by its whole id. Raises `NotFound`."""
    own = address.lower() in {caller.address, *caller.aliases}
    calendar: Calendar | None = None
    if "." in name:
        # Whole ids are names in one's own home alone, and never of what is one's own.
        if own and not name.startswith(f"{caller.account_id}."):
            calendar = await agenda.calendars.find(name)
    else:
        owner = caller.account_id if own else await _owner_at(agenda, caller, address)
        calendar = await agenda.calendars.named(owner, name)
    if calendar is None and own and "." not in name:
        # The first question that a client asks may be of the first calendar.
        own_ones = [each.calendar for each in await list_calendars(agenda, caller)]
        calendar = next((each for each in own_ones if (each.owner, each.name) == (caller.account_id, name)), None)
    if calendar is None:
        raise NotFound(NO_CALENDAR)
    found = await reached(agenda, caller, calendar)
    found.access.need(Role.FREE_BUSY)
    return found
