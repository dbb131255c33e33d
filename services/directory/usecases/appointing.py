"""Who may hold a function, and how its address comes to some accounts and goes from others in one write."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chassis.errors import Forbidden, NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.functions import Function
from services.directory.usecases import facts
from services.directory.usecases.authority import NO_ACCOUNT, Concealed, visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import Reach, reach_of

NO_FUNCTION = "There is no such function"
Told = list[tuple[Account, Sequence[facts.Fact]]]


async def path_of(directory: Directory, function: Function) -> tuple[str, ...]:
    return (await directory.tree.current()).place((function.unit_id,)) if function.unit_id else ()


async def visible_function(directory: Directory, asking: Account, function_id: str) -> Function:
    """Raises `NotFound`, also for a function of a unit that is not the caller's to see."""
    function = await directory.functions.find(function_id)
    if function is None:
        raise NotFound(NO_FUNCTION)
    if function.unit_id:
        try:
            await visible_unit(directory, asking, function.unit_id)
        except Concealed as unseen:
            raise Concealed(NO_FUNCTION, function.id, function.address, unseen.unit_path) from None
    return function


async def function_to_change(directory: Directory, asking: Account, function_id: str) -> Function:
    """A function of a unit, or in a mail domain, that the caller administers. Raises `NotFound`, `Forbidden`."""
    function = await visible_function(directory, asking, function_id)
    reach = await reach_of(directory, asking, function.address)
    if not reach.covers(await path_of(directory, function)):
        raise Forbidden("You administer neither the unit of this function nor its mail domain")
    return function


async def refuse_strangers(directory: Directory, reach: Reach, ids: Iterable[str], field: str) -> None:
    """Raise `NotFound` for an account that the caller does not reach: nobody is appointed from elsewhere."""
    wanted = set(ids)
    known = await directory.accounts.among(sorted(wanted))
    missing = wanted - {account.id for account in known if reach.covers(account.unit_path)}
    if missing:
        raise NotFound(NO_ACCOUNT, fields={field: min(missing)[:40]})


async def passing(directory: Directory, before: Function | None, after: Function | None) -> Told:
    """The accounts that the address comes to or goes from, one version further, with what is told of each."""
    known = after or before
    assert known is not None  # noqa: S101 - a function comes, changes or goes
    held = set(before.standing) if before is not None else set()
    holding = set(after.standing) if after is not None else set()
    changed: Told = []
    for account in await directory.accounts.among(sorted(held ^ holding)):
        functions = {*account.functions, known.address} if account.id in holding else {*account.functions}
        if account.id not in holding:
            functions.discard(known.address)
        account = replace(account.with_functions(functions), version=account.version + 1)
        changed.append((account, [facts.changed(account)]))
    return changed
