"""Objects of a calendar that a filter lets through (RFC 4791 §7.8). What a filter says of time is asked of the index;
the rest is looked for in what that finds."""

import asyncio
from collections.abc import AsyncIterator

from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.objects import read_object, window_buckets
from services.calendar.domain.objects.filters import CompFilter, Window, matches, window_of
from services.calendar.domain.stored import Stored
from services.calendar.store.encoding import asked
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.read_objects import seen


async def query_objects(
    agenda: Agenda,
    caller: Identity,
    calendar_id: str,
    wanted: CompFilter,
    *,
    zone: str = "",
    limit: int = 0,
    with_content: bool = True,
) -> AsyncIterator[Stored]:
    """At most `limit` where it is not 0. `zone` is that of floating times where it is not the calendar's. Raises
    `NotFound`, `Forbidden`."""
    reached = await reach(agenda, caller, calendar_id, Role.READ)
    window = window_of(wanted)
    # Floating times of another zone are not where the index has them.
    exact = window.exact and zone in ("", reached.calendar.time_zone)
    count = 0
    async for candidate in _candidates(agenda, reached.calendar.id, window, content=with_content or not exact):
        stored = seen(candidate, reached.access)
        if exact and _known(stored, window):
            passes = window.start is None or bool(stored.occurrences_between(*_bounds(window)))
        else:
            # Reading and expanding it takes long enough for others to be let through between two.
            await asyncio.sleep(0)
            passes = await _matches(agenda, stored, wanted, zone or reached.calendar.time_zone)
        if passes:
            yield stored
            count += 1
            if count == limit:
                return


def _bounds(window: Window) -> tuple[int, int]:
    return window.start or 0, window.end or 0


def _known(stored: Stored, window: Window) -> bool:
    return window.end is None or stored.known_until(window.end)


async def _matches(agenda: Agenda, stored: Stored, wanted: CompFilter, zone: str) -> bool:
    whole = stored if stored.content else await agenda.objects.find(stored.key)
    return whole is not None and matches(read_object(whole.content, scheduling=True), wanted, zone)


async def _candidates(agenda: Agenda, calendar: str, window: Window, *, content: bool) -> AsyncIterator[Stored]:
    """What the index has for a window, or all of some components."""
    buckets: tuple[str, ...] = ()
    if window.start is not None and window.end is not None:
        buckets = window_buckets(window.start, window.end)
    if not buckets:
        async for stored in agenda.objects.all_of(calendar, content=content, components=window.components):
            yield stored
        return
    for stored in await agenda.objects.in_window(
        [calendar], asked(buckets, window.end or 0, agenda.now()), content=content
    ):
        if not window.components or stored.facts.component in window.components:
            yield stored
