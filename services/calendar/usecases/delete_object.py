"""Delete an object; who holds an older cursor is told, and whoever it was a meeting of."""

from typing import Any

from chassis.errors import Conflict, NotFound
from chassis.events import Fact
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import ALWAYS, Calendar, Precondition
from services.calendar.domain.locks import Holder
from services.calendar.domain.privacy import check_shown
from services.calendar.domain.stored import Stored
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.discard_object import discard, note_called_off
from services.calendar.usecases.locks import check_unlocked
from services.calendar.usecases.put_object import ATTEMPTS
from services.calendar.usecases.scheduling import plan_removal

NO_OBJECT = "There is no such object"


async def delete_object(
    agenda: Agenda,
    caller: Identity,
    calendar_id: str,
    name: str,
    precondition: Precondition = ALWAYS,
    *,
    no_reply: bool = False,
) -> None:
    """Raises `NotFound`, `Forbidden`, `PreconditionFailed`, `Conflict`."""
    reached = await reach(agenda, caller, calendar_id, Role.WRITE)
    holder = Holder(caller.account_id, precondition.lock_tokens)
    for _ in range(ATTEMPTS):
        before = await agenda.objects.named(calendar_id, name)
        if before is None:
            raise NotFound(NO_OBJECT)
        precondition.check(before.etag, before.schedule_tag)
        check_unlocked(agenda, reached.calendar, name, holder, membership=True)
        check_shown(before, reached.access)
        facts = await plan_removal(agenda, reached, before, no_reply=no_reply)
        if await remove_unchanged(agenda, before, facts, holder):
            return
    raise Conflict("Others change it all the time")


async def remove_unchanged(
    agenda: Agenda, before: Stored, facts: tuple[Fact, ...], holder: Holder | None = None
) -> bool:
    """Delete an object as it was read; False when it was changed meanwhile. Without a `holder`, locks are not asked
    for. Raises `NotFound`, `PreconditionFailed`."""

    async def act(calendar: Calendar, session: Any) -> bool:
        if holder is not None:
            check_unlocked(agenda, calendar, before.name, holder, membership=True)
        present = await agenda.objects.named(before.calendar, before.name, session)
        if present is None:
            raise NotFound(NO_OBJECT)
        if present.etag != before.etag:
            return False
        await discard(agenda, calendar, present, session, *facts)
        await note_called_off(agenda, present, session)
        return True

    return await agenda.calendars.changing(before.calendar, act)
