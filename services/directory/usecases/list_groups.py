"""Groups by name: of a unit, of an account, or all that one sees."""

from collections.abc import Sequence

from chassis.errors import NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.groups import Group
from services.directory.usecases.authority import NO_ACCOUNT, caller, may_see, visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after
from services.directory.usecases.seeing_groups import visible_units


async def list_groups(
    directory: Directory, unit_id: str, account_id: str, size: int, token: str
) -> tuple[list[Group], str]:
    """A page of groups and the token of the next one. Raises `NotFound` (the unit, the account), `InvalidInput`."""
    asking = await caller(directory)
    units = await visible_units(directory, asking)
    if unit_id:
        await visible_unit(directory, asking, unit_id)
        below = (await directory.tree.current()).names_below(unit_id)
        units = below if units is None else [each for each in below if each in set(units)]
    count, of = page_size(size), f"{unit_id} {account_id}"
    after = resume_after(token, "groups", of)
    if account_id:
        found = await _of_account(directory, asking, account_id, units)
        found = [group for group in found if group.position > after][: count + 1]
    else:
        found = await directory.groups.page(units, after, count + 1)
    page = found[:count]
    return page, token_after("groups", of, page[-1].position) if len(found) > count else ""


async def _of_account(
    directory: Directory, asking: Account, account_id: str, units: Sequence[str] | None
) -> list[Group]:
    """The groups among those of `units` that an account is a member of, by whatever way, by name."""
    account = await directory.accounts.find(account_id)
    if account is None or not may_see(asking, account):
        raise NotFound(NO_ACCOUNT)
    found = await groups_of(directory, account)
    seen = None if units is None else set(units)
    return [group for group in found if seen is None or group.unit_id in seen]


async def groups_of(directory: Directory, account: Account) -> list[Group]:
    """All groups that an account is a member of, by name."""
    tree = await directory.tree.current()
    ruled = await directory.groups.ruled(["", *tree.names_of(account.unit_path)])
    waiting = await directory.groups.holding(account.id)
    waiting += [group for group in ruled if group.rule is not None and group.rule.holds(account)]
    found: dict[str, Group] = {}
    while waiting:
        group = waiting.pop()
        if group.id not in found:
            found[group.id] = group
            waiting += await directory.groups.holding_group(group.id)
    return sorted(found.values(), key=lambda group: group.position)
