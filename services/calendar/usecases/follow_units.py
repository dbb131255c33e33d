"""Units move, merge and dissolve: their rooms, and who may book which, follow."""

from collections.abc import Sequence

from services.calendar.domain.resources.resource import placed
from services.calendar.usecases.context import Agenda


async def follow_unit(agenda: Agenda, unit_id: str, path: Sequence[str], version: int, heir: str = "") -> None:
    """A unit stands at the end of a path or, with an `heir`, what was its is the heir's, at the end of that path.
    Repeatable; an older fact that comes late changes nothing. Raises `Conflict`."""
    for resource in await agenda.resources.about(unit_id):
        after = placed(resource, unit_id, path, version, heir)
        if after != resource:
            await agenda.resources.change(after)
    if heir:
        # Who had hours of a unit that is no more has those of where they are now.
        await agenda.hours.remove(unit_id)
