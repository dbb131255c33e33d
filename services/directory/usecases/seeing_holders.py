"""Functions with those of their holders that the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.directory.domain.accounts import Account
from services.directory.domain.functions import Function
from services.directory.usecases.authority import caller, may_see
from services.directory.usecases.context import Directory


@dataclass(frozen=True)
class Held:
    """A function as a caller sees it."""

    function: Function
    holders: Sequence[Account]
    fallback: Account | None


async def held(directory: Directory, asking: Account, functions: Sequence[Function]) -> list[Held]:
    """Holders in their order, without those of other ministries."""
    ids = {each for function in functions for each in (*function.holders, function.fallback_id) if each}
    known = {each.id: each for each in await directory.accounts.among(sorted(ids)) if may_see(asking, each)}
    return [
        Held(function, [known[each] for each in function.holders if each in known], known.get(function.fallback_id))
        for function in functions
    ]


async def seen(directory: Directory, function: Function) -> Held:
    """One function as its changer sees it."""
    return (await held(directory, await caller(directory), [function]))[0]
