"""Merge a unit into another, or dissolve it: another one takes over who and what was in it."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from chassis.errors import Conflict
from services.directory.domain.accounts import Account
from services.directory.domain.approvals import DISSOLVE_UNIT, MERGE_UNITS
from services.directory.domain.reorganisation import (
    DISSOLUTION,
    MERGE,
    MOST_KEPT,
    Reorganisation,
    merged,
    refuse_holding,
)
from services.directory.domain.tree import Gone, Tree
from services.directory.domain.units import Unit
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.reorganising import (
    DomainsTold,
    Readdressing,
    Told,
    begun,
    below,
    domains_passing,
    refuse_foreign_domain,
    unit_to_fill_with,
    unit_to_take_away,
)
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import reorganising

_READ = 200


async def merge_units(
    directory: Directory, unit_id: str, into_id: str, addressing: Readdressing, *, hands_roles: bool = False
) -> Reorganisation:
    """Accounts, units below, groups, functions, mail domains and applications of one unit are the other's from now on.

    Groups by rule over it hold whoever stands in the other one then, and are named in what is answered. Roles over it
    end, unless they are handed over: whoever administered an office should not find itself over a ministry unasked.
    Raises `InvalidInput`, `Forbidden`, `NotFound`, `Conflict`.
    """
    return await _taken_over(directory, unit_id, into_id, addressing, hands_roles, MERGE)


async def dissolve_unit(
    directory: Directory, unit_id: str, successor_id: str, addressing: Readdressing, *, hands_roles: bool = False
) -> Reorganisation:
    """The same by dissolution; without a successor the unit has to hold nothing (`PreconditionFailed`)."""
    return await _taken_over(directory, unit_id, successor_id, addressing, hands_roles, DISSOLUTION)


async def _taken_over(
    directory: Directory, unit_id: str, into_id: str, addressing: Readdressing, hands_roles: bool, kind: str
) -> Reorganisation:
    addressing = addressing.tidy()
    field = "into_id" if kind == MERGE else "successor_id"
    for _ in range(TRIES):
        asking = await caller(directory)
        upon = await directory.tree.current()
        unit = await unit_to_take_away(directory, asking, unit_id)
        changed: Told = []
        widened: list[str] = []
        passing: DomainsTold = []
        into: Unit | None = None
        if into_id or kind == MERGE:
            into = await unit_to_fill_with(directory, asking, into_id)
            await refuse_foreign_domain(directory, asking, into.path, addressing)
            changed, passing = _taking(upon, unit, into, field), domains_passing(directory, upon, unit, into)
            widened = await _ruled(directory, upon, unit)
        else:
            refuse_holding(await _held(directory, upon, unit))
        act = MERGE_UNITS if kind == MERGE else DISSOLVE_UNIT
        sensitive = reorganising(act, unit, into, kind, addressing, hands_roles=hands_roles, widened=widened)
        await ask_second_administrator(directory, asking, sensitive)
        told = _told(unit, into, kind, hands_roles)
        # Who comes into it at this very moment stands in what was above it.
        successor = into_id or unit.parent_id
        gone = Gone(unit.id, unit.name, successor, hands_roles)
        follows = replace(begun(directory, asking, kind, unit, into_id, addressing), widened=tuple(widened))
        if await directory.moves.begin(follows, upon, changed, (gone, unit, told), passing):
            return follows
    raise Conflict


def _taking(tree: Tree, unit: Unit, into: Unit, field: str) -> Told:
    changed: Told = []
    for child in merged(tree, unit, into, field):
        former = tree.unit(child.id)
        changed.append((child, [facts.unit_moved(child, former.path if former is not None else ())]))
        changed += below(tree, child)
    return changed


async def _ruled(directory: Directory, tree: Tree, unit: Unit) -> list[str]:
    """The names of groups by rule over a unit itself."""
    names = [each for each in tree.names_below(unit.id) if (heir := tree.heir(each)) and heir.id == unit.id]
    return sorted(group.name for group in await directory.groups.ruled(names))[:MOST_KEPT]


def _told(unit: Unit, into: Unit | None, kind: str, hands_roles: bool) -> Sequence[facts.Fact]:
    if kind == MERGE and into is not None:
        fact, act = facts.unit_merged(unit, into, hands_roles=hands_roles), "merge_units"
    else:
        fact, act = facts.unit_dissolved(unit, into, hands_roles=hands_roles), "dissolve_unit"
    details = {"successor": into.name if into is not None else "none", "hands_roles": str(hands_roles).lower()}
    paths = {unit.path, into.path if into is not None else unit.path}
    return [fact, *(facts.recorded(act, unit.id, unit.name, path, details=details) for path in paths)]


async def _held(directory: Directory, tree: Tree, unit: Unit) -> list[str]:
    """What a unit holds, in words."""
    found = ["units"] if tree.children(unit.id) else []
    accounts: list[Account] = await directory.accounts.page([unit.id], "", 1)
    names = tree.names_below(unit.id)
    found += ["accounts"] if accounts else []
    found += ["groups"] if await directory.groups.page(names, "", 1) else []
    found += ["functions"] if await directory.functions.page(names, "", 1) else []
    found += ["applications"] if await _answers_for_clients(directory, set(names)) else []
    return found + (["domains"] if unit.domains else [])


async def _answers_for_clients(directory: Directory, names: Collection[str]) -> bool:
    """Whether a client is some unit's among these. An administration has some hundreds."""
    after = ""
    while read := await directory.openid.clients.page(after, _READ):
        if any(client.unit_id in names for client in read):
            return True
        after = read[-1].id
    return False
