"""Move a unit with all that is below it."""

from chassis.errors import Conflict, Forbidden
from services.directory.domain.approvals import MOVE_UNIT
from services.directory.domain.reorganisation import MOVE, Reorganisation, moved
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.reorganising import (
    Readdressing,
    begun,
    below,
    refuse_foreign_domain,
    unit_to_fill_with,
    unit_to_take_away,
)
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import reorganising


async def move_unit(
    directory: Directory, unit_id: str, parent_id: str, kind: str, addressing: Readdressing
) -> Reorganisation:
    """Below another parent, or to the root as a ministry: within what the caller administers on both sides.

    Authority follows at once: it is decided by the tree. Accounts follow in chunks. Raises `InvalidInput` (a circle,
    too deep, no such kind there), `AlreadyExists` (a sister of the name), `Forbidden`, `NotFound`, `Conflict`.
    """
    addressing = addressing.tidy()
    for _ in range(TRIES):
        asking = await caller(directory)
        upon = await directory.tree.current()
        unit = await unit_to_take_away(directory, asking, unit_id)
        if not parent_id and not asking.is_national():
            raise Forbidden("Ministries are the national administrator's")
        parent = await unit_to_fill_with(directory, asking, parent_id) if parent_id else None
        after = moved(upon, unit, parent, kind)
        await refuse_foreign_domain(directory, asking, after.path, addressing)
        await ask_second_administrator(directory, asking, reorganising(MOVE_UNIT, unit, parent, kind, addressing))
        details = {"from": " ".join(unit.path[:-1]) or "root", "to": " ".join(after.path[:-1]) or "root"}
        told = [facts.unit_moved(after, unit.path)] + [
            facts.recorded("move_unit", unit.id, unit.name, path, details=details) for path in {unit.path, after.path}
        ]
        follows = begun(directory, asking, MOVE, unit, parent_id, addressing)
        if await directory.moves.begin(follows, upon, [(after, told), *below(upon, after)]):
            return follows
    raise Conflict
