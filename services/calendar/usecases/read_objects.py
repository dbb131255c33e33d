"""Objects of a calendar: those named, or all, as octets and in the shape that a client asks for."""

from collections.abc import AsyncIterator, Sequence

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.access import Access, Role
from services.calendar.domain.privacy import busy_only, hides
from services.calendar.domain.stored import Stored
from services.calendar.store.objects import Row
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda

MAX_NAMES = 10_000


async def list_objects(agenda: Agenda, caller: Identity, calendar_id: str, names: Sequence[str] = ()) -> Sequence[Row]:
    """What a cursor says of each. Raises `NotFound`, `Forbidden`, `InvalidInput`."""
    reached = await reach(agenda, caller, calendar_id, Role.READ)
    if not names:
        return await agenda.listings.of(reached.calendar)
    return await agenda.objects.rows(reached.calendar.id, bounded(names))


async def read_objects(
    agenda: Agenda, caller: Identity, calendar_id: str, names: Sequence[str]
) -> AsyncIterator[Stored]:
    """Whole objects, as the caller may see them. Raises `NotFound`, `Forbidden`, `InvalidInput`."""
    reached = await reach(agenda, caller, calendar_id, Role.READ)
    async for stored in agenda.objects.named_all(reached.calendar.id, bounded(names)):
        yield seen(stored, reached.access)


def seen(stored: Stored, access: Access) -> Stored:
    """What is private to its owner is a busy time without words to others (RFC 5545 §3.8.1.3)."""
    return busy_only(stored) if hides(stored, access) else stored


def bounded(names: Sequence[str]) -> Sequence[str]:
    if len(names) > MAX_NAMES:
        raise InvalidInput("Too many names at once", fields={"names": f"at most {MAX_NAMES}"})
    return names
