"""How far a reorganisation has come."""

from chassis.errors import NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.reorganisation import Reorganisation
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory

LISTED = 100


async def get_reorganisation(directory: Directory, move_id: str) -> Reorganisation:
    """Raises `NotFound`, also for one that does not touch what the caller administers."""
    asking = await caller(directory)
    found = await directory.moves.find(move_id)
    if found is None or not await _may_see(directory, asking, found):
        raise NotFound("There is no such reorganisation")
    return found


async def list_reorganisations(directory: Directory) -> list[Reorganisation]:
    """The latest that touch what the caller administers, newest first."""
    asking = await caller(directory)
    return [each for each in await directory.moves.latest(LISTED) if await _may_see(directory, asking, each)]


async def _may_see(directory: Directory, asking: Account, found: Reorganisation) -> bool:
    """Who administers where the unit, or its successor, stands now."""
    path = (await directory.tree.current()).place((found.unit_id,))
    return asking.is_national() or (bool(path) and asking.administers(path))
