"""When people are busy, whoever asks: one question to the store for all of them."""

import asyncio
from collections.abc import Iterable, Sequence

from services.calendar.domain.free_busy import Period, joined, taken
from services.calendar.domain.objects import Occurrence, occurrences_between, read_object, window_buckets
from services.calendar.domain.stored import Stored
from services.calendar.store.encoding import asked
from services.calendar.usecases.context import Agenda

# Of one object in one window.
MAX_INSTANCES = 5_000


async def busy_times(
    agenda: Agenda,
    owners: Sequence[str],
    start: int,
    end: int,
    *,
    addresses: dict[str, frozenset[str]],
) -> dict[str, list[Period]]:
    """By owner; seconds since 1970. `addresses` are those by which invitations name each owner."""
    found = await taking_time(agenda, owners, start, end)
    return await periods_of(agenda, owners, found, start, end, addresses=addresses)


async def taking_time(agenda: Agenda, owners: Sequence[str], start: int, end: int) -> list[Stored]:
    """What may take the time of some owners in a window."""
    return await agenda.objects.taking_time(owners, asked(window_buckets(start, end), end, agenda.now()))


async def periods_of(
    agenda: Agenda,
    owners: Sequence[str],
    found: Iterable[Stored],
    start: int,
    end: int,
    *,
    addresses: dict[str, frozenset[str]],
) -> dict[str, list[Period]]:
    """By owner, what some objects of theirs take."""
    periods: dict[str, list[Period]] = {owner: [] for owner in owners}
    for stored in found:
        occurrences = await instances_of(agenda, stored, start, end)
        periods[stored.owner] += taken(stored.facts, occurrences, addresses.get(stored.owner, frozenset()))
    return {owner: joined(each, start, end) for owner, each in periods.items()}


async def instances_of(agenda: Agenda, stored: Stored, start: int, end: int) -> Sequence[Occurrence]:
    """Instances that touch a window: as they are kept, or expanded now where the window goes beyond."""
    if stored.known_until(end):
        return stored.occurrences_between(start, end)
    whole = stored if stored.content else await agenda.objects.find(stored.key)
    if whole is None:
        return []
    # Bounded, and yet long enough for others to be let through.
    await asyncio.sleep(0)
    calendar = await agenda.calendars.find(stored.calendar)
    zone = calendar.time_zone if calendar is not None else agenda.options.time_zone
    given = read_object(whole.content, scheduling=True)
    return occurrences_between(given, zone, start, end, MAX_INSTANCES)
