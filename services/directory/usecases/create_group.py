"""Make a group."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.ids import new_id
from services.directory.domain.groups import Group
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_groups import accounts_to_list, list_to_set, rule_to_set, visible_group


async def create_group(
    directory: Directory, wanted: Group, accounts: Sequence[str] = (), groups: Sequence[str] = ()
) -> Group:
    """A group of a unit that the caller administers, with its rule or its first members.

    `wanted` carries name, description, unit, external id, rule, address and writers as given. Raises `InvalidInput`,
    `AlreadyExists`, `Forbidden`, `NotFound` (the unit, a member, a writer), `PreconditionFailed`.
    """
    asking = await caller(directory)
    path = await unit_to_fill(directory, asking, wanted.unit_id)
    now = directory.clock()
    rule = await rule_to_set(directory, asking, wanted.rule)
    group = (
        replace(wanted, id=new_id(), created_at=now, changed_at=now, version=1, rule=None, accounts=(), groups=())
        .written_to("", "", ())
        .described(wanted.name, wanted.description, wanted.external_id)
        .with_rule(rule)
        .with_members(accounts, groups)
    )
    group = await list_to_set(directory, asking, group, path, wanted)
    await accounts_to_list(directory, asking, group.accounts)
    for nested in group.groups:
        await visible_group(directory, asking, nested)
    if group.groups:
        # Nothing holds a new group: no circle can come of it, only a depth.
        nesting, _ = await directory.groups.nesting()
        nesting.refuse(group.id, group.groups)
    record = facts.recorded("create_group", group.id, group.name, path)
    await directory.groups.insert(group, [facts.group_changed(group, path), record])
    return group
