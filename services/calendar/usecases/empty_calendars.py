"""Empty calendars that are gone, some objects at a time; each tells with its removal what deleting it alone tells."""

from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from chassis.errors import NotFound, TooLarge, WorkspaceError
from chassis.events import Fact
from services.calendar.domain.access import OWNER
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.stored import Stored
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_calendar import forget_ways_in, give_up_calendar
from services.calendar.usecases.discard_object import discard_with_calendar
from services.calendar.usecases.scheduling import plan_removal

log = structlog.get_logger(__name__)
CALENDARS_AT_ONCE = 10
# Of one calendar in one round, so that a large one holds up none of the others.
BATCHES_AT_ONCE = 20
# Of one transaction, and how much it tells at most: a command has only so much time, and a write so much room.
OBJECTS_TOGETHER = 20
OCTETS_TOGETHER = 4 * 1024 * 1024


async def empty_calendars(agenda: Agenda) -> int:
    """How many are empty now. Several workers may do it at once; whoever dies leaves the rest to the next round, and
    one that cannot be emptied holds up none of the others."""
    count = 0
    for calendar in await agenda.emptying.first(CALENDARS_AT_ONCE):
        try:
            for _ in range(BATCHES_AT_ONCE):
                if await _emptied(agenda, calendar):
                    count += 1
                    break
        except WorkspaceError as error:
            log.warning("emptying_failed", calendar=calendar.id, error=str(error))
            await agenda.emptying.put_off(calendar.id, agenda.now())
    return count


async def remove_calendar(agenda: Agenda, calendar: Calendar) -> None:
    """Give it up, and empty it now. Raises `NotFound`, `Conflict`."""
    await give_up_calendar(agenda, calendar)
    await empty(agenda, calendar)


async def empty(agenda: Agenda, calendar: Calendar) -> None:
    """Whole. Raises `Conflict`."""
    while not await _emptied(agenda, calendar):
        pass


async def _emptied(agenda: Agenda, calendar: Calendar) -> bool:
    """Take some objects out; whether there are none left, and it is forgotten."""
    found = await agenda.objects.some_of(calendar.id, OBJECTS_TOGETHER)
    with suppress(NotFound):  # another worker ended it
        if found:
            planned = await _planned(agenda, found, calendar)
            await agenda.emptying.changing(calendar.id, partial(_without, agenda, planned))
            return False
        await agenda.objects.forget_removed(calendar.id)
        await forget_ways_in(agenda, calendar)
        # Nobody puts anything into it, so that it stays empty.
        await agenda.emptying.changing(calendar.id, partial(_ended, agenda))
    return True


async def _planned(agenda: Agenda, found: list[Stored], calendar: Calendar) -> list[tuple[Stored, tuple[Fact, ...]]]:
    """Each with what is told of it; as many of them as one write has room for."""
    planned: list[tuple[Stored, tuple[Fact, ...]]] = []
    octets = 0
    for stored in found:
        facts = await _facts_of(agenda, calendar, stored)
        octets += sum(len(each["body"]) for each in facts)
        if planned and octets > OCTETS_TOGETHER:
            break
        planned.append((stored, facts))
    return planned


async def _facts_of(agenda: Agenda, calendar: Calendar, stored: Stored) -> tuple[Fact, ...]:
    try:
        return await plan_removal(agenda, Reached(calendar, OWNER), stored, no_reply=False)
    except TooLarge as error:
        # Nobody is there any more to be told so: the object goes all the same.
        log.warning("removal_untold", calendar=calendar.id, object=stored.key, error=str(error))
        return ()


async def _without(
    agenda: Agenda, planned: list[tuple[Stored, tuple[Fact, ...]]], calendar: Calendar, session: Any
) -> None:
    for stored, facts in planned:
        await discard_with_calendar(agenda, calendar, stored, session, *facts)


async def _ended(agenda: Agenda, calendar: Calendar, session: Any) -> None:
    await agenda.emptying.done(calendar.id, session)
