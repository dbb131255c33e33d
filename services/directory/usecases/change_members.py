"""Put accounts and groups into a group, and take others out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.errors import Conflict
from services.directory.domain.accounts import Account
from services.directory.domain.groups import Group, Nesting
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, may_see
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_groups import (
    accounts_to_list,
    group_to_change,
    path_of,
    sees_group,
    visible_group,
)


@dataclass(frozen=True)
class Change:
    """Who comes and who goes; `replacing` takes out first all members that the caller may see."""

    add_accounts: Sequence[str] = ()
    remove_accounts: Sequence[str] = ()
    add_groups: Sequence[str] = ()
    remove_groups: Sequence[str] = ()
    replacing: bool = False


async def change_members(directory: Directory, group_id: str, change: Change, expected: int = 0) -> Group:
    """The group afterwards; what changes nothing is not written.

    Raises `InvalidInput` (a circle, too many), `Forbidden`, `NotFound`, `PreconditionFailed`, `Conflict`.
    """
    asking = await caller(directory)
    for _ in range(TRIES):
        group = await group_to_change(directory, asking, group_id)
        group.refuse_other_version(expected)
        nesting, upon = await directory.groups.nesting()
        changed = await with_change(directory, asking, group, change)
        if changed == group:
            return group
        after = replace(changed, version=group.version + 1, changed_at=directory.clock())
        if await written(directory, group, after, (nesting, upon), "change_members"):
            return after
    raise Conflict


async def written(directory: Directory, before: Group, after: Group, judged: tuple[Nesting, int], act: str) -> bool:
    """Write a group with its members; False when somebody else was faster. Raises `InvalidInput` for a circle."""
    nesting, upon = judged
    left, path = await path_of(directory, before), await path_of(directory, after)
    told = [facts.group_changed(after, path), _record(act, before, after, path)]
    if left != path:
        # The auditors of the unit that had it are told as well.
        told.append(_record(act, before, after, left))
    if set(after.groups) <= set(before.groups):
        return await directory.groups.replace(after, told)
    nesting.refuse(before.id, after.groups)
    return await directory.groups.replace_nesting(after, told, upon)


async def with_change(directory: Directory, asking: Account, group: Group, change: Change) -> Group:
    """The group with other members. Raises `InvalidInput`, `NotFound` (who comes)."""
    accounts, groups = set(group.accounts), set(group.groups)
    if change.replacing:
        seen = [each.id for each in await directory.accounts.among(group.accounts) if may_see(asking, each)]
        accounts -= set(seen) - set(change.add_accounts)
        known = [each for each in group.groups if await sees_group(directory, asking, each)]
        groups -= set(known) - set(change.add_groups)
    accounts -= set(change.remove_accounts)
    groups -= set(change.remove_groups)
    coming = set(change.add_accounts) - set(group.accounts)
    changed = group.with_members(accounts | set(change.add_accounts), groups | set(change.add_groups))
    await accounts_to_list(directory, asking, coming)
    for each in set(change.add_groups) - set(group.groups):
        await visible_group(directory, asking, each)
    return changed


def _record(act: str, before: Group, after: Group, path: Sequence[str]) -> facts.Fact:
    counts = {
        "added": len({*after.accounts, *after.groups} - {*before.accounts, *before.groups}),
        "removed": len({*before.accounts, *before.groups} - {*after.accounts, *after.groups}),
    }
    details = {name: str(count) for name, count in counts.items()}
    return facts.recorded(act, after.id, after.name, path, details=details)
