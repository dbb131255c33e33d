"""End a function."""

from dataclasses import replace

from chassis.errors import Conflict
from services.directory.usecases import facts
from services.directory.usecases.appointing import function_to_change, passing, path_of
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory


async def delete_function(directory: Directory, function_id: str) -> None:
    """Its address is nobody's then, and free for others. Raises `Forbidden`, `NotFound`, `Conflict`."""
    for _ in range(TRIES):
        asking = await caller(directory)
        before = await function_to_change(directory, asking, function_id)
        path = await path_of(directory, before)
        after = replace(before, version=before.version + 1)
        told = [
            facts.function_assigned(replace(after, holders=(), fallback_id=""), path, ended=True),
            facts.recorded("delete_function", before.id, before.address, path),
        ]
        if await directory.functions.delete(after, told, await passing(directory, before, None)):
            return
    raise Conflict
