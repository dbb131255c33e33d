"""One unit."""

from services.directory.domain.units import Unit
from services.directory.usecases.authority import caller, visible_unit
from services.directory.usecases.context import Directory


async def get_unit(directory: Directory, unit_id: str) -> Unit:
    """Raises `NotFound`, also for a unit of another ministry than the caller's."""
    return await visible_unit(directory, await caller(directory), unit_id)
