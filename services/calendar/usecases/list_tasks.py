"""Tasks of many calendars, by when they are due; what is private to its owner is not there for others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import NO_CALENDAR, Role
from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.edits import instance_of, override_of
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.privacy import hides
from services.calendar.domain.stored import Stored
from services.calendar.domain.tasks import Due, Place, State, listed, place_given
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import TASK
from services.calendar.usecases.list_instances import watched
from services.calendar.usecases.read_event import EventRead

MAX_PAGE, USUAL_PAGE = 100, 50
# Of one calendar: tasks are read all, whatever is asked.
MAX_READ = 10_000


@dataclass(frozen=True)
class Page:
    tasks: Sequence[EventRead]
    following: str


async def list_tasks(
    agenda: Agenda, caller: Identity, calendar_ids: Sequence[str], state: State, due: Due, size: int, token: str
) -> Page:
    """Raises `NotFound` for calendars that the caller does not read, `InvalidInput`."""
    if not 0 <= size <= MAX_PAGE:
        raise InvalidInput("Not a page", fields={"page_size": f"0 to {MAX_PAGE}"})
    after, most = place_given(token), size or USUAL_PAGE
    looked_at = [each for each in await watched(agenda, caller, calendar_ids) if each.access.role >= Role.READ]
    if calendar_ids and not looked_at:
        raise NotFound(NO_CALENDAR)
    by_id = {each.calendar.id: each for each in looked_at}
    known = {task.key: task for each in await asyncio.gather(*(_of(agenda, one) for one in looked_at)) for task in each}
    places = (place for task in known.values() for place in listed(task, state, due))
    page = nsmallest(most + 1, (place for place in places if after is None or place > after))
    following = page[most - 1].token() if len(page) > most else ""
    shown = page[:most]
    contents = await agenda.objects.contents(list({each.key for each in shown}))
    found = (_read(known[each.key], contents.get(each.key), by_id, each) for each in shown)
    return Page([each for each in found if each is not None], following)


async def _of(agenda: Agenda, reached: Reached) -> list[Stored]:
    """Tasks of a calendar that the caller may see."""
    found: list[Stored] = []
    async for stored in agenda.objects.all_of(reached.calendar.id, content=False, components=(TASK,)):
        if not hides(stored, reached.access):
            found.append(stored)
        if len(found) > MAX_READ:
            raise InvalidInput(
                "The calendar holds more tasks than a list reads",
                fields={"calendar_ids": f"{reached.calendar.id} has over {MAX_READ}"},
            )
    return found


def _read(stored: Stored, content: bytes | None, by_id: dict[str, Reached], place: Place) -> EventRead | None:
    """None for what went meanwhile."""
    if content is None:
        return None
    reached = by_id[stored.calendar]
    thing = read_object(content, scheduling=True)
    series = Series(thing, reached.calendar.time_zone)
    node = thing.nodes[0]
    if place.recurrence:
        try:
            node = override_of(series, instance_of(series, place.recurrence))
        except NotFound:
            return None
    return EventRead(stored, reached, thing, series, node, place.recurrence or None, frozenset(), busy_only=False)
