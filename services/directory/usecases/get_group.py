"""One group."""

from services.directory.domain.groups import Group
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_groups import visible_group


async def get_group(directory: Directory, group_id: str) -> Group:
    """Raises `NotFound`, also for a group of another ministry's unit."""
    return await visible_group(directory, await caller(directory), group_id)
