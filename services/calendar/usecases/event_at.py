"""An event or a task by the id that REST has for it, as the caller may see and change it."""

from dataclasses import dataclass

from chassis.errors import NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.privacy import check_shown, hides
from services.calendar.domain.stored import Stored
from services.calendar.domain.structured.composing import Setting
from services.calendar.domain.structured.people import Organizer
from services.calendar.usecases.authority import Reached, check_role, reached
from services.calendar.usecases.context import Agenda

NO_EVENT = "There is no such event"
EVENT, TASK = "VEVENT", "VTODO"


@dataclass(frozen=True)
class Found:
    stored: Stored
    reached: Reached

    @property
    def calendar(self) -> Calendar:
        return self.reached.calendar

    def thing(self) -> CalendarObject:
        return read_object(self.stored.content, scheduling=True)


async def event_at(agenda: Agenda, caller: Identity, event_id: str, role: Role, component: str = EVENT) -> Found:
    """What one may not see is not there. Raises `NotFound`, `Forbidden`."""
    stored = await agenda.objects.find(event_id) if "." in event_id else None
    calendar = await agenda.calendars.find(stored.calendar) if stored is not None else None
    if stored is None or calendar is None or stored.facts.component != component:
        raise NotFound(NO_EVENT)
    found = Found(stored, await reached(agenda, caller, calendar))
    access = found.reached.access
    if access.role < Role.READ:
        raise NotFound(NO_EVENT)
    if component == TASK and hides(stored, access):
        # It takes nobody's time: of it there is nothing to show.
        raise NotFound(NO_EVENT)
    check_role(found.reached, role)
    if role >= Role.WRITE:
        check_shown(stored, access)
    return found


async def setting_of(agenda: Agenda, caller: Identity, calendar: Calendar) -> Setting:
    """Who invites is whose calendar it is; of what is nobody's, such as a team's, who does it."""
    organizer = Organizer(caller.address, caller.name, caller.aliases)
    if calendar.owner != caller.account_id:
        person = await agenda.people.by_id(calendar.owner)
        if person is not None:
            organizer = Organizer(person.address, person.display_name, person.addresses)
    return Setting(calendar.time_zone, organizer, agenda.now())
