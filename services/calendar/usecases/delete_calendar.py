"""Delete a calendar with all that is in it."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import DEFAULT_NAME, INBOX, Calendar
from services.calendar.domain.locks import Holder, check_removal, holding
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import remove_unchanged
from services.calendar.usecases.facts import calendar_changed
from services.calendar.usecases.scheduling import plan_removal

# Clients go on writing while it is emptied.
ATTEMPTS = 20


async def delete_calendar(agenda: Agenda, caller: Identity, calendar_id: str, lock_tokens: Sequence[str] = ()) -> None:
    """Whose meetings are in it learns that they are off. Raises `NotFound`, `Forbidden`, `Conflict`.

    The calendar goes last: should the process die between, its owner sees an emptier calendar and deletes it again.
    """
    reached = await reach(agenda, caller, calendar_id, Role.OWN)
    if reached.calendar.kind == INBOX or reached.calendar.name == DEFAULT_NAME:
        # Invitations come to it (RFC 6638 §9.2).
        raise Forbidden("The first calendar stays", fields={"rule": "default-calendar-needed"})
    check_removal(holding(reached.calendar.locks, agenda.now()), Holder(caller.account_id, lock_tokens))
    await remove_calendar(agenda, reached)


async def remove_calendar(agenda: Agenda, reached: Reached) -> None:
    """Empty it, and remove it while it is empty. Raises `NotFound`, `Conflict`."""
    for _ in range(ATTEMPTS):
        await _empty(agenda, reached)
        if await agenda.calendars.changing(reached.calendar.id, lambda *at: _removed(agenda, *at)):
            await agenda.objects.forget_removed(reached.calendar.id)
            await agenda.subscriptions.remove(reached.calendar.id)
            await agenda.publications.forget_calendar(reached.calendar.id)
            return
    raise Conflict("Others go on writing into it")


async def _removed(agenda: Agenda, calendar: Calendar, session: Any) -> bool:
    if calendar.objects:
        return False
    await agenda.calendars.remove(calendar.id, session, calendar_changed(calendar, deleted=True))
    return True


async def _empty(agenda: Agenda, reached: Reached) -> None:
    """One object after the other, each with what its removal tells."""
    async for stored in agenda.objects.all_of(reached.calendar.id, content=True):
        facts = await plan_removal(agenda, reached, stored, no_reply=False)
        with suppress(NotFound):  # a client was faster
            await remove_unchanged(agenda, stored, facts)
