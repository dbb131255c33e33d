"""When the owner of one calendar is busy by what is in it (RFC 4791 §7.10)."""

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.free_busy import Period, joined, taken
from services.calendar.domain.objects import window_buckets
from services.calendar.store.encoding import asked
from services.calendar.usecases.authority import reach
from services.calendar.usecases.busy_times import instances_of
from services.calendar.usecases.context import Agenda

LONGEST_SECONDS = 366 * 86_400


async def calendar_busy(agenda: Agenda, caller: Identity, calendar_id: str, start: int, end: int) -> list[Period]:
    """Sorted. A calendar that takes no time from its owner has none. Raises `NotFound`, `Forbidden`, `InvalidInput`."""
    if not 0 < end - start <= LONGEST_SECONDS:
        raise InvalidInput("Not a window", fields={"end": "at most 366 days after the start"})
    calendar = (await reach(agenda, caller, calendar_id, Role.FREE_BUSY)).calendar
    if calendar.transparent:
        return []
    owner = await agenda.people.by_id(calendar.owner)
    addresses = frozenset(owner.addresses) if owner is not None else frozenset()
    periods: list[Period] = []
    buckets = asked(window_buckets(start, end), end, agenda.now())
    for stored in await agenda.objects.in_window([calendar.id], buckets, content=False):
        periods += taken(stored.facts, await instances_of(agenda, stored, start, end), addresses)
    return joined(periods, start, end)
