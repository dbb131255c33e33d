"""End a group."""

from dataclasses import replace

from chassis.errors import Conflict
from services.directory.domain.groups import Group
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_groups import group_to_change, path_of


async def delete_group(directory: Directory, group_id: str, expected: int = 0) -> None:
    """Groups that held it hold it no more. Raises `Forbidden`, `NotFound`, `PreconditionFailed`, `Conflict`."""
    asking = await caller(directory)
    for _ in range(TRIES):
        group = await group_to_change(directory, asking, group_id)
        group.refuse_other_version(expected)
        path = await path_of(directory, group)
        after = replace(group, version=group.version + 1)
        record = facts.recorded("delete_group", group.id, group.name, path)
        if await directory.groups.delete(after, [facts.group_ended(after), record]):
            for holder in await directory.groups.holding_group(group.id):
                await _let_go(directory, holder.id, group.id)
            return
    raise Conflict


async def _let_go(directory: Directory, holder_id: str, group_id: str) -> None:
    """What is no more is passed over wherever a holder's members are listed: this may come a moment later."""
    for _ in range(TRIES):
        holder: Group | None = await directory.groups.find(holder_id)
        if holder is None or group_id not in holder.groups:
            return
        kept = holder.with_members(holder.accounts, set(holder.groups) - {group_id})
        after = replace(kept, version=holder.version + 1, changed_at=directory.clock())
        if await directory.groups.replace(after, [facts.group_changed(after, await path_of(directory, after))]):
            return
