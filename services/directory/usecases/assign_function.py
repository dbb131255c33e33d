"""Appoint the holders of a function."""

from collections.abc import Sequence

from services.directory.domain.accounts import Account
from services.directory.domain.functions import Function
from services.directory.usecases.appointing import refuse_strangers
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import reach_of
from services.directory.usecases.update_function import change_function


async def assign_function(
    directory: Directory, function_id: str, holders: Sequence[str], expected: int = 0
) -> Function:
    """All holders from now on, the answerable one first; none leaves it vacant.

    The address goes from the former ones and comes to the new ones in one write with the facts that tell of it. Raises
    `InvalidInput`, `Forbidden`, `NotFound` (also for an account of another ministry), `PreconditionFailed`, `Conflict`.
    """

    async def change(asking: Account, function: Function) -> Function:
        function.refuse_other_version(expected)
        changed = function.held_by(holders)
        reach = await reach_of(directory, asking, function.address)
        await refuse_strangers(directory, reach, set(changed.holders) - set(function.holders), "holder_ids")
        return changed

    return await change_function(directory, function_id, change, "assign_function")
