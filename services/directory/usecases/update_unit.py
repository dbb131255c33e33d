"""Change a unit's name, or place in the address book."""

from collections.abc import Collection
from dataclasses import replace

from chassis.errors import Conflict, Forbidden, InvalidInput
from services.directory.domain.units import Unit
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, visible_unit
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory

FIELDS = frozenset({"name", "hidden"})


async def update_unit(
    directory: Directory, unit_id: str, name: str, fields: Collection[str], *, hidden: bool = False
) -> Unit:
    """Change the `fields` of a unit that the caller administers.

    Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound`, `Conflict`.
    """
    unknown = sorted(set(fields) - FIELDS)
    if unknown or not fields:
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": ", ".join(unknown) or "empty"})
    for _ in range(TRIES):
        asking = await caller(directory)
        upon = await directory.tree.current()
        unit = await visible_unit(directory, asking, unit_id)
        if not asking.administers(unit.path):
            raise Forbidden("You do not administer this unit")
        changed = unit.with_name(name) if "name" in fields else unit
        changed = replace(changed, hidden=hidden) if "hidden" in fields else changed
        if changed == unit:
            return unit
        after = replace(changed, version=unit.version + 1)
        told = facts.recorded("update_unit", after.id, after.name, after.path, details=_differences(unit, after))
        if await directory.units.replace(after, [facts.unit_changed(after), told], upon):
            return after
    raise Conflict


def _differences(before: Unit, after: Unit) -> dict[str, str]:
    return {"name": f"{before.name} → {after.name}"} if before.name != after.name else {}
