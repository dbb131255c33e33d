"""Change a function's title, who stands in while it is vacant, or whether it has a mailbox of its own."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from chassis.errors import Conflict, InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.functions import Function
from services.directory.usecases import facts
from services.directory.usecases.appointing import function_to_change, passing, path_of, refuse_strangers
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import reach_of

FIELDS = frozenset({"title", "fallback_id", "own_mailbox"})


async def update_function(directory: Directory, given: Function, fields: Collection[str]) -> Function:
    """Change the `fields` named. Raises `InvalidInput`, `Forbidden`, `NotFound`, `Conflict`."""
    unknown = sorted(set(fields) - FIELDS)
    if unknown or not fields:
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": ", ".join(unknown) or "empty"})

    async def change(asking: Account, function: Function) -> Function:
        if "title" in fields:
            function = function.with_title(given.title)
        if "own_mailbox" in fields:
            function = replace(function, own_mailbox=given.own_mailbox)
        if "fallback_id" in fields and given.fallback_id != function.fallback_id:
            reach = await reach_of(directory, asking, function.address)
            await refuse_strangers(directory, reach, {given.fallback_id} - {""}, "fallback_id")
            function = replace(function, fallback_id=given.fallback_id)
        return function

    return await change_function(directory, given.id, change, "update_function")


async def change_function(
    directory: Directory,
    function_id: str,
    change: Callable[[Account, Function], Awaitable[Function]],
    act: str,
) -> Function:
    """Read, change, write one version further with all accounts that the address passes to or from."""
    for _ in range(TRIES):
        asking = await caller(directory)
        before = await function_to_change(directory, asking, function_id)
        changed = await change(asking, before)
        if changed == before:
            return before
        after = replace(changed, version=before.version + 1, changed_at=directory.clock())
        path = await path_of(directory, after)
        details = {"holders": " ".join(after.holders) or "none", "fallback": after.fallback_id or "none"}
        if after.own_mailbox != before.own_mailbox:
            details["own_mailbox"] = "yes" if after.own_mailbox else "no"
        told = [
            facts.function_assigned(after, path),
            facts.recorded(act, after.id, after.address, path, details=details),
        ]
        if await directory.functions.replace(after, told, await passing(directory, before, after)):
            return after
    raise Conflict
