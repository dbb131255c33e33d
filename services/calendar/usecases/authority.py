"""Who may do what: every use case that reaches what somebody else may own asks here first."""

from dataclasses import dataclass

from chassis.errors import Forbidden, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import EVERYBODY, NO_CALENDAR, NOBODY, OWNER, Access, Role, strongest
from services.calendar.domain.calendars import INBOX, OWN, RESOURCE, SUBSCRIPTION, TEAM, Calendar
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.resource_access import resource_calendar_access

# What belongs to a person, and who acts for them finds there.
DELEGATED = frozenset({OWN, INBOX})


@dataclass(frozen=True)
class Reached:
    """A calendar, and what the caller may do with it."""

    calendar: Calendar
    access: Access


def grantees_of(caller: Identity) -> frozenset[str]:
    """By which names the caller is given a right."""
    return frozenset({caller.account_id, *caller.unit_path, EVERYBODY})


def access_to(calendar: Calendar, caller: Identity, delegated: Access = NOBODY) -> Access:
    """What the caller may do with a calendar: its owner everything, others what they were given with it, and what its
    owner let them do in all (`delegated`)."""
    if calendar.owner == caller.account_id:
        return OWNER
    if calendar.kind == TEAM and caller.administers(calendar.unit_path):
        return OWNER
    grantees = grantees_of(caller)
    given = [Access(each.role, each.sees_private) for each in calendar.grants if each.grantee in grantees]
    return strongest([*given, delegated] if calendar.kind in DELEGATED else given)


async def delegated_by(agenda: Agenda, owner: str, caller: Identity) -> Access:
    """What somebody lets the caller do in all of their calendars."""
    if owner == caller.account_id:
        return NOBODY
    found = await agenda.delegations.find(owner, caller.account_id)
    return found.access if found is not None else NOBODY


async def reached(agenda: Agenda, caller: Identity, calendar: Calendar) -> Reached:
    if calendar.kind == RESOURCE:
        return Reached(calendar, await resource_calendar_access(agenda, calendar.owner, caller))
    delegated = await delegated_by(agenda, calendar.owner, caller)
    return Reached(calendar, access_to(calendar, caller, delegated))


async def reach(agenda: Agenda, caller: Identity, calendar_id: str, role: Role) -> Reached:
    """A calendar that the caller has a role on. Raises `NotFound`, `Forbidden`."""
    if "." not in calendar_id:
        raise NotFound(NO_CALENDAR)
    found = await reached(agenda, caller, await agenda.calendars.get(calendar_id))
    check_role(found, role)
    return found


def check_role(found: Reached, role: Role) -> None:
    """Whether the caller has a role on it; what is in a subscription is nobody's to change. Raises `NotFound`,
    `Forbidden`."""
    found.access.need(role)
    if found.calendar.kind == SUBSCRIPTION and role in (Role.ANSWER, Role.WRITE):
        raise Forbidden("It is another server's, and only to be read", fields={"rule": "subscription"})


def own_home(caller: Identity, owner: str) -> str:
    """The home that something is made in: one's own where none is named. Raises `NotFound`."""
    if owner and owner != caller.account_id:
        raise NotFound(NO_CALENDAR)
    return caller.account_id
