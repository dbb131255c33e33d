"""A calendar as one file of iCalendar, as whoever asks may see it; and one object by itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.objects import read_object, window_buckets
from services.calendar.domain.objects.lines import folded, made, made_text
from services.calendar.domain.objects.writing import PRODUCT
from services.calendar.domain.stored import Stored
from services.calendar.store.encoding import asked
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.busy_times import instances_of
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import EVENT, TASK, Found, event_at
from services.calendar.usecases.read_objects import MAX_NAMES, read_objects, seen

# Seconds: of a longer range a series is not expanded to see whether it pauses in all of it.
LONGEST_EXPANDED = 10 * 366 * 86_400


@dataclass(frozen=True)
class Range:
    """From `start` until before `end`, in seconds UTC; None for no such end."""

    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        return "" if self == ALWAYS else f"-{self.start}-{self.end}"


ALWAYS = Range()


async def begin_export(agenda: Agenda, caller: Identity, calendar_id: str, within: Range = ALWAYS) -> Reached:
    """Raises `NotFound`, `Forbidden`, `InvalidInput`."""
    if within.start is not None and within.end is not None and within.start >= within.end:
        raise InvalidInput("Not a range", fields={"end": "after the start"})
    return await reach(agenda, caller, calendar_id, Role.READ)


async def exported(agenda: Agenda, caller: Identity, reached: Reached, within: Range = ALWAYS) -> AsyncIterator[bytes]:
    """The file in pieces, each object whole; a zone is defined before what speaks of it, once."""
    calendar = reached.calendar
    head = (
        made("BEGIN", "VCALENDAR"), made("VERSION", "2.0"), made("PRODID", PRODUCT), made("CALSCALE", "GREGORIAN"),
        made_text("X-WR-CALNAME", calendar.title), made_text("NAME", calendar.title),
        made("X-WR-TIMEZONE", calendar.time_zone),
    )  # fmt: skip
    yield "".join(folded(line.raw) for line in head).encode()
    defined: set[str] = set()
    async for stored in _objects(agenda, caller, calendar.id, within):
        thing = read_object(stored.content, scheduling=True)
        zones = [zone for zone in thing.zone_nodes if zone.value("TZID") not in defined]
        defined |= {zone.value("TZID") for zone in zones}
        yield b"".join(node.octets() for node in (*zones, *thing.nodes))
    yield b"END:VCALENDAR\r\n"


async def _objects(agenda: Agenda, caller: Identity, calendar: str, within: Range) -> AsyncIterator[Stored]:
    """Few are in memory at a time; of those in a range the names are."""
    if within == ALWAYS:
        async for stored in read_objects(agenda, caller, calendar, ()):
            yield stored
        return
    names = await _names(agenda, calendar, within)
    for at in range(0, len(names), MAX_NAMES):
        async for stored in read_objects(agenda, caller, calendar, names[at : at + MAX_NAMES]):
            yield stored


async def _names(agenda: Agenda, calendar: str, within: Range) -> list[str]:
    """Of what takes place in a range."""
    buckets: tuple[str, ...] = ()
    if within.start is not None and within.end is not None:
        buckets = window_buckets(within.start, within.end)
    if not buckets:
        every = agenda.objects.all_of(calendar, content=False)
        return [each.name async for each in every if await _touches(agenda, each, within)]
    found = await agenda.objects.in_window([calendar], asked(buckets, within.end or 0, agenda.now()), content=False)
    return [each.name for each in found if await _touches(agenda, each, within)]


async def _touches(agenda: Agenda, stored: Stored, within: Range) -> bool:
    facts, start, end = stored.facts, within.start, within.end
    if facts.first is None:
        return False
    if start is not None and end is not None and end - start <= LONGEST_EXPANDED:
        return bool(await instances_of(agenda, stored, start, end))
    # Of a long range, or one without an end, what lies between its begin and its end.
    ends_later = start is None or facts.last is None or facts.last > start
    return ends_later and (end is None or facts.first < end)


async def export_event(agenda: Agenda, caller: Identity, event_id: str) -> Found:
    """An event, or a task. Raises `NotFound`."""
    try:
        found = await event_at(agenda, caller, event_id, Role.READ, EVENT)
    except NotFound:
        found = await event_at(agenda, caller, event_id, Role.READ, TASK)
    return Found(seen(found.stored, found.reached.access), found.reached)
