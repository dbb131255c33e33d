"""What takes place in a window in many calendars: one question to the store, answered from what is kept of each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import NO_CALENDAR, NOBODY, Role
from services.calendar.domain.calendars import INBOX
from services.calendar.domain.instances import Instance, Window, shown
from services.calendar.domain.objects import Occurrence, read_object, window_buckets
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.stored import Stored
from services.calendar.store.encoding import asked
from services.calendar.usecases.authority import Reached, access_to
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_calendars import list_calendars

MAX_CALENDARS = 200
MAX_INSTANCES = 5_000
# Series that take place in the window's months, and not in the window, are read and passed over.
MAX_READ = 4 * MAX_INSTANCES
# Beyond the horizon rules are expanded while somebody waits: so many series, by so many steps of a microsecond each.
MAX_EXPANDED, STEPS = 500, 5_000


@dataclass(frozen=True)
class Shown:
    """In the order of time. `calendars` are those that were looked at; `incomplete` are the objects that have more."""

    instances: Sequence[Instance]
    calendars: Sequence[Reached]
    incomplete: Sequence[str]


async def list_instances(agenda: Agenda, caller: Identity, window: Window, calendar_ids: Sequence[str]) -> Shown:
    """Of some calendars, or of all that the caller sees. Raises `NotFound` for what the caller does not see,
    `InvalidInput` for a window that holds too much."""
    looked_at = await watched(agenda, caller, calendar_ids)
    by_id = {each.calendar.id: each for each in looked_at}
    buckets = asked(window_buckets(window.start, window.end), window.end, agenda.now())
    found = await agenda.objects.in_window(list(by_id), buckets, content=False, most=MAX_READ + 1)
    if len(found) > MAX_READ:
        raise _too_many()
    events = [each for each in found if each.facts.component == "VEVENT"]
    beyond, incomplete = await _expanded(agenda, events, window, by_id)
    instances: list[Instance] = []
    for stored in events:
        reached = by_id[stored.calendar]
        known = beyond.get(stored.key)
        occurrences = stored.occurrences_between(window.start, window.end) if known is None else known
        if occurrences:
            instances += shown(stored, occurrences, reached.calendar, reached.access)
            if len(instances) > MAX_INSTANCES:
                raise _too_many()
    instances.sort(key=lambda each: (each.occurrence.start, each.occurrence.end, each.stored.key))
    return Shown(
        instances, looked_at, [each.key for each in incomplete if by_id[each.calendar].access.role >= Role.READ]
    )


def _too_many() -> InvalidInput:
    return InvalidInput(
        "More takes place in the window than one answer holds",
        fields={"end": f"over {MAX_INSTANCES} instances: ask for a shorter window, or for fewer calendars"},
    )


async def watched(agenda: Agenda, caller: Identity, calendar_ids: Sequence[str]) -> list[Reached]:
    """Calendars that are named, or all that the caller sees but for where scheduling messages come in."""
    if not calendar_ids:
        every = await list_calendars(agenda, caller)
        return [each for each in every if each.calendar.kind != INBOX and each.access.role >= Role.FREE_BUSY]
    wanted = list(dict.fromkeys(calendar_ids))
    if len(wanted) > MAX_CALENDARS:
        raise InvalidInput("Too many calendars at once", fields={"calendar_ids": f"at most {MAX_CALENDARS}"})
    calendars = await agenda.calendars.those(wanted)
    acting = {each.owner: each.access for each in await agenda.delegations.held_by(caller.account_id)}
    found = {each.id: Reached(each, access_to(each, caller, acting.get(each.owner, NOBODY))) for each in calendars}
    seen = [each for each in map(found.get, wanted) if each is not None and each.access.role >= Role.FREE_BUSY]
    if len(seen) < len(wanted):
        raise NotFound(NO_CALENDAR)
    return seen


async def _expanded(
    agenda: Agenda, found: Sequence[Stored], window: Window, by_id: dict[str, Reached]
) -> tuple[dict[str, list[Occurrence]], list[Stored]]:
    """Instances of what is not known up to the window's end, by rule; and what has more than is computed for an
    answer."""
    unknown = [each for each in found if not each.known_until(window.end)]
    expanded: dict[str, list[Occurrence]] = {}
    incomplete = unknown[MAX_EXPANDED:]
    contents = await agenda.objects.contents([each.key for each in unknown[:MAX_EXPANDED]]) if unknown else {}
    for stored in unknown[:MAX_EXPANDED]:
        if stored.key not in contents:
            continue
        thing = read_object(contents[stored.key], scheduling=True)
        series = Series(thing, by_id[stored.calendar].calendar.time_zone)
        expansion = series.expand(window.start, window.end, MAX_INSTANCES + 1, STEPS)
        if expansion.until is not None and expansion.until < window.end:
            incomplete.append(stored)
        expanded[stored.key] = [each for each in expansion.found if each.overlaps(window.start, window.end)]
        # Others are answered in between.
        await asyncio.sleep(0)
    return expanded, incomplete
