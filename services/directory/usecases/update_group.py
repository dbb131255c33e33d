"""Change what a group is called, the rule that makes it, or its address and who may write to it."""

from collections.abc import Collection
from dataclasses import replace

from chassis.errors import Conflict, InvalidInput
from services.directory.domain.groups import Group
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_groups import group_to_change, list_to_set, path_of, rule_to_set

FIELDS = frozenset({"name", "description", "external_id", "rule", "address", "writers", "writer_ids"})


async def update_group(directory: Directory, given: Group, fields: Collection[str], expected: int = 0) -> Group:
    """Change the `fields` named of a group that is of the version `expected` (0: of any).

    Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound`, `PreconditionFailed`, `Conflict`.
    """
    unknown = sorted(set(fields) - FIELDS)
    if unknown or not fields:
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": ", ".join(unknown) or "empty"})
    asking = await caller(directory)
    for _ in range(TRIES):
        group = await group_to_change(directory, asking, given.id)
        group.refuse_other_version(expected)
        changed = group.described(
            given.name if "name" in fields else group.name,
            given.description if "description" in fields else group.description,
            given.external_id if "external_id" in fields else group.external_id,
        )
        if "rule" in fields and given.rule != group.rule:
            changed = changed.with_rule(await rule_to_set(directory, asking, given.rule))
        path = await path_of(directory, group)
        wanted = replace(
            group,
            address=given.address if "address" in fields else group.address,
            writers=given.writers if "writers" in fields else group.writers,
            writer_ids=given.writer_ids if "writer_ids" in fields else group.writer_ids,
        )
        changed = await list_to_set(directory, asking, changed, path, wanted)
        if changed == group:
            return group
        after = replace(changed, version=group.version + 1, changed_at=directory.clock())
        record = facts.recorded("update_group", group.id, after.name, path, details=_details(after, fields))
        if await directory.groups.replace(after, [facts.group_changed(after, path), record]):
            return after
    raise Conflict


def _details(group: Group, fields: Collection[str]) -> dict[str, str]:
    details = {"fields": ", ".join(fields)}
    if "address" in fields:
        details["address"] = group.address or "none"
    if "writers" in fields:
        details["writers"] = group.writers
    return details
