"""Share a calendar with an account, or with all of a unit, and take that back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chassis.errors import InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import EVERYBODY, NO_CALENDAR, Grant, Role
from services.calendar.domain.calendars import INBOX, NATIONAL, Calendar
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delegate import colleague
from services.calendar.usecases.facts import calendar_changed
from services.calendar.usecases.wish import wish, wishes_of

MAX_GRANTS = 200


async def grants_of(agenda: Agenda, caller: Identity, calendar_id: str) -> Sequence[Grant]:
    """Raises `NotFound`, `Forbidden`."""
    return (await reach(agenda, caller, calendar_id, Role.OWN)).calendar.grants


async def share_calendar(
    agenda: Agenda,
    caller: Identity,
    calendar_id: str,
    *,
    address: str = "",
    unit: str = "",
    role: Role,
    sees_private: bool,
) -> Grant:
    """With an account by its address, or with a unit of the caller's. Raises `NotFound`, `Forbidden`, `InvalidInput`,
    `PreconditionFailed` beyond the limit."""
    reached = await reach(agenda, caller, calendar_id, Role.OWN)
    if reached.calendar.kind == INBOX:
        raise NotFound(NO_CALENDAR)
    if not Role.FREE_BUSY <= role <= Role.OWN:
        raise InvalidInput("Not a role", fields={"role": "is needed"})
    if bool(address) == bool(unit):
        raise InvalidInput("An address or a unit", fields={"address": "is needed, or unit_id"})
    grantee = (await colleague(agenda, caller, address)).account_id if address else _own_unit(caller, unit)
    grant = Grant(grantee, role, sees_private)

    async def act(calendar: Calendar, session: Any) -> None:
        others = tuple(each for each in calendar.grants if each.grantee != grantee)
        if len(others) >= MAX_GRANTS:
            raise PreconditionFailed("It is shared with too many", fields={"grants": f"at most {MAX_GRANTS}"})
        after = replace(calendar, grants=(*others, grant))
        await agenda.calendars.describe(after, session, calendar_changed(after))

    await agenda.calendars.changing(calendar_id, act)
    return grant


def _own_unit(caller: Identity, unit: str) -> str:
    """Who works in it may share with it, and who administers the whole. Raises `InvalidInput`."""
    if unit == EVERYBODY or not (unit in caller.unit_path or caller.administers((unit,))):
        raise InvalidInput("Not a unit of yours", fields={"unit_id": "is not above you"})
    return unit


async def unshare_calendar(agenda: Agenda, caller: Identity, calendar_id: str, grantee: str) -> None:
    """By whoever may share it, or by whom it was given to; what everybody was given is hidden from
    the caller alone. Raises `NotFound`, `Forbidden`."""
    own = grantee == caller.account_id
    reached = await reach(agenda, caller, calendar_id, Role.FREE_BUSY if own else Role.OWN)
    if own and reached.calendar.kind == NATIONAL:
        await _hide(agenda, caller, calendar_id)
        return

    async def act(calendar: Calendar, session: Any) -> None:
        after = replace(calendar, grants=tuple(each for each in calendar.grants if each.grantee != grantee))
        if after == calendar:
            raise NotFound("It is not shared with them")
        # Whom it was shared with hears of it too.
        await agenda.calendars.describe(after, session, calendar_changed(calendar))

    await agenda.calendars.changing(calendar_id, act)


async def _hide(agenda: Agenda, caller: Identity, calendar_id: str) -> None:
    hidden = (await wishes_of(agenda, caller)).hidden_calendars
    if calendar_id not in hidden:
        await wish(agenda, caller, {"hidden_calendars": (*hidden, calendar_id)})
