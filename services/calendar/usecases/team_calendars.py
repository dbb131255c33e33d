"""Calendars that all of a unit work with; its administrators make them, and own them."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.errors import Conflict, InvalidInput, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import Grant, Role
from services.calendar.domain.calendars import MAX_CALENDARS, TEAM
from services.calendar.usecases.authority import Reached, access_to
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted, keep_new, made_of
from services.calendar.usecases.list_calendars import standing
from services.calendar.usecases.manage_resources import Units, administered_path


async def create_team_calendar(
    agenda: Agenda, units: Units, caller: Identity, unit_id: str, wanted: Wanted, members: Role
) -> Reached:
    """`members`: what everybody of the unit may do. Raises `NotFound` for a unit that the caller does not administer,
    `AlreadyExists`, `InvalidInput`, `PreconditionFailed` beyond the limit."""
    if members not in (Role.READ, Role.WRITE):
        raise InvalidInput("Not a role of members", fields={"members": "read or write"})
    path = await administered_path(units, caller, unit_id)
    if len(await agenda.calendars.of(unit_id)) >= MAX_CALENDARS:
        raise PreconditionFailed("There are too many calendars", fields={"calendar": f"at most {MAX_CALENDARS}"})
    grant = Grant(unit_id, members, sees_private=True)
    made = replace(made_of(agenda, unit_id, wanted), kind=TEAM, grants=(grant,), unit_path=path)
    kept = await keep_new(agenda, made)
    return Reached(kept, access_to(kept, caller))


async def list_team_calendars(agenda: Agenda, units: Units, caller: Identity, unit_id: str) -> list[Reached]:
    """Those of a unit and of those below it. Raises `NotFound`."""
    await administered_path(units, caller, unit_id)
    found = await agenda.calendars.in_unit(unit_id)
    return [Reached(each, access_to(each, caller)) for each in sorted(found, key=standing)]


async def follow_team(agenda: Agenda, unit_id: str, path: Sequence[str], version: int, heir: str = "") -> None:
    """A unit stands at the end of a path or, with an `heir`, what was its is the heir's, at the end of that path.
    Whoever was given a right as one of the unit has it as one of the heir's. Repeatable; an older fact that comes late
    changes nothing. Raises `Conflict`, to be tried again."""
    for calendar in await agenda.calendars.in_unit(unit_id):
        below = calendar.unit_path[calendar.unit_path.index(unit_id) + 1 :]
        await agenda.calendars.place(calendar.id, unit_id, (*path, *below), version)
    if heir:
        for calendar in await agenda.calendars.granted([unit_id]):
            if not await agenda.calendars.inherit(calendar, unit_id, heir):
                raise Conflict("It was changed meanwhile")
