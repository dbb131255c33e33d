"""Open a unit."""

from chassis.errors import Conflict, Forbidden
from chassis.ids import new_id
from services.directory.domain.units import Unit, opened
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, visible_unit
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory


async def create_unit(directory: Directory, name: str, kind: str, parent_id: str) -> Unit:
    """A unit below one that the caller administers; a ministry for the national administrator.

    Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound` (the parent).
    """
    for _ in range(TRIES):
        asking = await caller(directory)
        upon = await directory.tree.current()
        parent = await visible_unit(directory, asking, parent_id) if parent_id else None
        if not asking.administers(parent.path if parent is not None else ()):
            raise Forbidden("You do not administer the unit above")
        unit = opened(new_id(), name, kind, parent)
        told = facts.recorded("create_unit", unit.id, unit.name, unit.path)
        if await directory.units.insert(unit, [facts.unit_created(unit), told], upon):
            return unit
    raise Conflict
