"""Change what is said of a calendar: by its owner, and by whoever may share it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Calendar, described, properties_given
from services.calendar.domain.locks import Holder
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import calendar_changed
from services.calendar.usecases.locks import check_unlocked
from services.calendar.usecases.take_time_again import take_time_again


async def update_calendar(
    agenda: Agenda,
    caller: Identity,
    calendar_id: str,
    said: Mapping[str, Any],
    properties: Mapping[str, str] | None = None,
    removed: Sequence[str] = (),
    lock_tokens: Sequence[str] = (),
) -> Reached:
    """Change the fields that `said` has, and properties of clients. Raises `NotFound`, `Forbidden`, `InvalidInput`."""
    reached = await reach(agenda, caller, calendar_id, Role.OWN)
    holder = Holder(caller.account_id, lock_tokens)

    async def act(calendar: Calendar, session: Any) -> tuple[Calendar, bool]:
        check_unlocked(agenda, calendar, "", holder, membership=False)
        after = replace(
            described(calendar, said), properties=properties_given(calendar.properties, dict(properties or {}), removed)
        )
        counting = after.transparent != calendar.transparent
        await agenda.calendars.describe(after, session, calendar_changed(after), counting=counting)
        return after, counting

    after, counting = await agenda.calendars.changing(calendar_id, act)
    if counting:
        await take_time_again(agenda, after.id, after.modseq)
    return Reached(after, reached.access)
