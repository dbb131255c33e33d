"""A calendar began, or ceased, to take its owner's time: its objects say so. There may be many, so that it is noted on
the calendar in the write that says it, and what a process that ended left is done by the worker's round."""

from contextlib import suppress
from functools import partial
from typing import Any

from chassis.errors import Conflict, NotFound
from services.calendar.domain.calendars import Calendar
from services.calendar.usecases.context import Agenda

AT_ONCE = 20


async def finish_taking_time(agenda: Agenda) -> int:
    """How many calendars are done now. Repeatable."""
    found = await agenda.calendars.to_count_again(AT_ONCE)
    for calendar_id, change in found:
        await take_time_again(agenda, calendar_id, change)
    return len(found)


async def take_time_again(agenda: Agenda, calendar_id: str, change: int) -> None:
    """`change` is the modseq that the calendar got with it. Repeatable; where it is cut off, or others go on writing
    into the calendar, it stays noted."""
    with suppress(Conflict, NotFound):
        after = ""
        while after := await agenda.calendars.locking(calendar_id, partial(_some, agenda, after)):
            pass
        await agenda.calendars.counted_again(calendar_id, change)


async def _some(agenda: Agenda, after: str, calendar: Calendar, session: Any) -> str:
    """As the calendar is in this transaction: what is said of it meanwhile conflicts, so that nothing older is left by
    whoever is overtaken."""
    return await agenda.objects.count_again(calendar.id, after, session, counts=not calendar.transparent)
