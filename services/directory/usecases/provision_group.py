"""Make a group, or make it another, as a provisioner says it: name and members in one."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.errors import Conflict, InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.groups import MAX_MEMBERS, MAX_NESTED, Group
from services.directory.usecases.authority import caller, may_see, unit_to_fill
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.change_members import Change, with_change, written
from services.directory.usecases.context import Directory
from services.directory.usecases.create_group import create_group
from services.directory.usecases.provision_account import own_unit
from services.directory.usecases.seeing_groups import group_to_change, sees_group


async def provision_group(directory: Directory, wanted: Group, members: Sequence[str]) -> Group:
    """`members` are ids of accounts and of groups. Raises as `create_group`, and `InvalidInput` for who is nobody."""
    asking = await caller(directory)
    accounts, groups = await _told_apart(directory, asking, members)
    placed = replace(wanted, unit_id=wanted.unit_id or own_unit(asking))
    return await create_group(directory, placed, accounts, groups)


async def replace_group(
    directory: Directory, given: Group, members: Sequence[str], version: int, unit_id: str | None = None
) -> Group:
    """A group of that version (0: of any) with another name and other members; those not seen by the caller stay.

    With a `unit_id` it becomes that unit's, which the caller administers as well.

    Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound`, `PreconditionFailed`, `Conflict`.
    """
    asking = await caller(directory)
    for _ in range(TRIES):
        group = await group_to_change(directory, asking, given.id)
        group.refuse_other_version(version)
        judged = await directory.groups.nesting()
        accounts, groups = await _told_apart(directory, asking, members)
        change = Change(add_accounts=accounts, add_groups=groups, replacing=True)
        changed = await with_change(directory, asking, group, change)
        changed = changed.described(given.name, group.description, given.external_id)
        if unit_id is not None and unit_id != group.unit_id:
            await unit_to_fill(directory, asking, unit_id)
            changed = replace(changed, unit_id=unit_id)
        if changed == group:
            return group
        after = replace(changed, version=group.version + 1, changed_at=directory.clock())
        if await written(directory, group, after, judged, "replace_group"):
            return after
    raise Conflict


async def _told_apart(directory: Directory, asking: Account, members: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which members are accounts and which are groups. Raises `InvalidInput` for who is neither, to the caller."""
    wanted = set(members)
    if len(wanted) > MAX_MEMBERS + MAX_NESTED:
        raise InvalidInput(f"A group has at most {MAX_MEMBERS} members", fields={"members": "too many"})
    known = await directory.accounts.among(sorted(wanted))
    accounts = [account.id for account in known if may_see(asking, account)]
    others = sorted(wanted - set(accounts))
    for each in others[: MAX_NESTED + 1]:
        if not await sees_group(directory, asking, each):
            raise InvalidInput("There is no such member", fields={"members": each[:40]})
    return accounts, others
