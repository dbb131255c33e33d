"""Tasks of many calendars, by when they are due; what is private to its owner is not there for others."""

import asyncio
from collections.abc import AsyncIterator, Sequence
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
from services.calendar.domain.tasks import SERIES, Due, Place, State, listed, number_of, place_given
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_instances import watched
from services.calendar.usecases.read_event import EventRead

MAX_PAGE, USUAL_PAGE = 100, 50
# Of one calendar: its series, or what is due at one moment with one urgency.
MAX_READ = 10_000
# Of a calendar, by one question: where there are more, a shorter time is asked for.
AT_ONCE = 300
# From now: what is looked for first where there is much.
_DAYS = (-730, -180, -60, -14, 0, 7, 30, 90, 365, 1825)


@dataclass(frozen=True)
class Page:
    tasks: Sequence[EventRead]
    following: str


@dataclass(frozen=True)
class _Source:
    """Tasks of a calendar of one standing."""

    reached: Reached
    standing: str


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
    known: dict[str, Stored] = {}
    places: list[Place] = []
    async for until, some in _by_time(agenda, looked_at, state, due, after):
        known |= {each.key: each for each in some if not hides(each, by_id[each.calendar].access)}
        places = [
            place
            for task in known.values()
            for place in listed(task, state, due)
            if place.at < until and (after is None or place > after)
        ]
        if len(places) > most:
            break
    page = nsmallest(most + 1, places)
    following = page[most - 1].token() if len(page) > most else ""
    shown = page[:most]
    contents = await agenda.objects.contents(list({each.key for each in shown}))
    found = (_read(known[each.key], contents.get(each.key), by_id, each) for each in shown)
    return Page([each for each in found if each is not None], following)


async def _by_time(
    agenda: Agenda, looked_at: Sequence[Reached], state: State, due: Due, after: Place | None
) -> AsyncIterator[tuple[int, list[Stored]]]:
    """Tasks in the order of time, some at once, and up to which number these are all (`Place.at`). Series come first:
    their instances are anywhere."""
    series = [_Source(each, SERIES) for each in looked_at]
    plain = [_Source(each, standing) for each in looked_at for standing in state.standings]
    begin, end = due.span
    at = begin if after is None else min(max(begin, after.at), end)
    yield at, await _whole(agenda, series, 0, 1)
    bounds = [end]
    while at < end:
        until = bounds[-1]
        found = await _asked(agenda, plain, at, until, AT_ONCE + 1)
        if any(len(each) > AT_ONCE for each in found) and until - at > 1:
            bounds.append(_split(agenda, at, until))
            continue
        some = [task for each in found for task in each]
        if until - at == 1:
            some = await _whole(agenda, plain, at, until)
        yield until, some
        at = bounds.pop()


async def _asked(
    agenda: Agenda, sources: Sequence[_Source], start: int, end: int, most: int
) -> Sequence[Sequence[Stored]]:
    return await asyncio.gather(
        *(agenda.objects.tasks_between(each.reached.calendar.id, each.standing, start, end, most) for each in sources)
    )


def _split(agenda: Agenda, start: int, end: int) -> int:
    """A moment between two: one of those that people look at, or the middle."""
    now = int(agenda.now().timestamp())
    near = [at for days in _DAYS if start < (at := number_of(now + days * 86400)) < end]
    return near[len(near) // 2] if near else (start + end) // 2


async def _whole(agenda: Agenda, sources: Sequence[_Source], start: int, end: int) -> list[Stored]:
    """What no shorter time divides. Raises `InvalidInput` for too much of it."""
    found = await _asked(agenda, sources, start, end, MAX_READ + 1)
    for source, each in zip(sources, found, strict=True):
        if len(each) > MAX_READ:
            said = f"{source.reached.calendar.id} has over {MAX_READ}"
            raise InvalidInput("The calendar holds more tasks than a list reads", fields={"calendar_ids": said})
    return [task for each in found for task in each]


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
