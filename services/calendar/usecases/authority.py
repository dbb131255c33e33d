"""Who may do what: every use case that reaches what somebody else may own asks here first."""

from dataclasses import dataclass

from chassis.errors import NotFound
from chassis.identity import Identity
from services.calendar.domain.access import NO_CALENDAR, NOBODY, OWNER, Access, Role, strongest
from services.calendar.domain.calendars import Calendar, parts_of
from services.calendar.usecases.context import Agenda


@dataclass(frozen=True)
class Reached:
    """A calendar, and what the caller may do with it."""

    calendar: Calendar
    access: Access


def access_to(calendar: Calendar, caller: Identity) -> Access:
    """What the caller may do with a calendar: its owner everything, others what they were given."""
    if calendar.owner == caller.account_id:
        return OWNER
    grantees = {caller.account_id, *caller.unit_path}
    given = [Access(each.role, each.sees_private) for each in calendar.grants if each.grantee in grantees]
    return strongest(given) if given else NOBODY


async def reach(agenda: Agenda, caller: Identity, calendar_id: str, role: Role) -> Reached:
    """A calendar that the caller has a role on. Raises `NotFound`, `Forbidden`."""
    if "." not in calendar_id:
        raise NotFound(NO_CALENDAR)
    calendar = await agenda.calendars.get(calendar_id)
    access = access_to(calendar, caller)
    access.need(role)
    return Reached(calendar, access)


async def own_home(caller: Identity, owner: str) -> str:
    """The home that something is made in: one's own where none is named. Raises `NotFound`."""
    if owner and owner != caller.account_id:
        raise NotFound(NO_CALENDAR)
    return caller.account_id


def is_own(caller: Identity, calendar_id: str) -> bool:
    return parts_of(calendar_id)[0] == caller.account_id
