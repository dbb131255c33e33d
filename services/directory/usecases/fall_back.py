"""Have functions and mail domains fall to whoever is left once somebody who was named in them is no more."""

from dataclasses import replace

from chassis.errors import Conflict
from services.directory.domain.functions import Function
from services.directory.usecases import facts
from services.directory.usecases.appointing import passing, path_of
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory


async def leave_functions(directory: Directory, account_id: str) -> int:
    """How many functions were left by an account that was deleted; the address passes in the same write.

    Repeatable, and right whenever it is told: while the account is there, nothing is left. A suspended holder keeps
    its functions, as its letters are still received; a departure is undone by restoring.
    """
    if await directory.accounts.find(account_id) is not None:
        return 0
    await directory.tree.refresh()
    left = 0
    for function in await directory.functions.naming(account_id):
        left += await _leave(directory, function, account_id)
    return left


async def _leave(directory: Directory, function: Function, account_id: str) -> bool:
    """Whether it was still named. Raises `Conflict`: the fact is told again."""
    for _ in range(TRIES):
        without = function.without(account_id)
        if without == function:
            return False
        after = replace(without, version=function.version + 1, changed_at=directory.clock())
        path = await path_of(directory, after)
        details = {"holders": " ".join(after.holders) or "none", "fallback": after.fallback_id or "none"}
        told = [
            facts.function_assigned(after, path),
            facts.recorded("leave_function", after.id, after.address, path, details={**details, "left": account_id}),
        ]
        if await directory.functions.replace(after, told, await passing(directory, function, after)):
            return True
        found = await directory.functions.find(function.id)
        if found is None:
            return False
        function = found
    raise Conflict


async def leave_domains(directory: Directory, account_id: str) -> int:
    """How many mail domains were administered by an account that was deleted, and are not any more. Repeatable."""
    if await directory.accounts.find(account_id) is not None:
        return 0
    left = 0
    for _ in range(TRIES):
        upon = await directory.tree.refresh()
        named = next((domain for domain in upon.domains() if account_id in domain.administrators), None)
        if named is None:
            return left
        kept = tuple(each for each in named.administrators if each != account_id)
        after = replace(named, administrators=kept, version=named.version + 1, changed_at=directory.clock())
        path = upon.place((after.unit_id,))
        told = [
            facts.domain_changed(after, path),
            facts.recorded("leave_domain", after.name, after.name, path, details={"left": account_id}),
        ]
        left += await directory.domains.replace(after, told, upon)
    raise Conflict
