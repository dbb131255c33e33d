"""A calendar as one file of iCalendar, as whoever asks may see it; and one object by itself."""

from collections.abc import AsyncIterator

from chassis.errors import NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.lines import folded, made, made_text
from services.calendar.domain.objects.writing import PRODUCT
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import EVENT, TASK, Found, event_at
from services.calendar.usecases.read_objects import read_objects, seen


async def begin_export(agenda: Agenda, caller: Identity, calendar_id: str) -> Reached:
    """Raises `NotFound`, `Forbidden`."""
    return await reach(agenda, caller, calendar_id, Role.READ)


async def exported(agenda: Agenda, caller: Identity, reached: Reached) -> AsyncIterator[bytes]:
    """The file in pieces, each object whole; a zone is defined before what speaks of it, once."""
    calendar = reached.calendar
    head = (
        made("BEGIN", "VCALENDAR"), made("VERSION", "2.0"), made("PRODID", PRODUCT), made("CALSCALE", "GREGORIAN"),
        made_text("X-WR-CALNAME", calendar.title), made_text("NAME", calendar.title),
        made("X-WR-TIMEZONE", calendar.time_zone),
    )  # fmt: skip
    yield "".join(folded(line.raw) for line in head).encode()
    defined: set[str] = set()
    async for stored in read_objects(agenda, caller, calendar.id, ()):
        thing = read_object(stored.content, scheduling=True)
        zones = [zone for zone in thing.zone_nodes if zone.value("TZID") not in defined]
        defined |= {zone.value("TZID") for zone in zones}
        yield b"".join(node.octets() for node in (*zones, *thing.nodes))
    yield b"END:VCALENDAR\r\n"


async def export_event(agenda: Agenda, caller: Identity, event_id: str) -> Found:
    """An event, or a task. Raises `NotFound`."""
    try:
        found = await event_at(agenda, caller, event_id, Role.READ, EVENT)
    except NotFound:
        found = await event_at(agenda, caller, event_id, Role.READ, TASK)
    return Found(seen(found.stored, found.reached.access), found.reached)
