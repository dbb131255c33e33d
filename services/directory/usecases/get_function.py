"""One function."""

from services.directory.domain.functions import Function
from services.directory.usecases.appointing import visible_function
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_holders import Held, held


async def get_function(directory: Directory, function_id: str) -> Held:
    """Raises `NotFound`, also for a function of another ministry's unit."""
    asking = await caller(directory)
    function: Function = await visible_function(directory, asking, function_id)
    return (await held(directory, asking, [function]))[0]
