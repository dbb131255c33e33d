"""Whose groups one sees and changes: who may see a unit sees its groups, who administers it changes them."""

from collections.abc import Iterable, Sequence

from chassis.errors import Forbidden, NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.groups import Group, Rule
from services.directory.domain.tree import Tree
from services.directory.usecases.authority import NO_ACCOUNT, Concealed, may_see, unit_to_fill, visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import refuse_foreign_domains

NO_GROUP = "There is no such group"


async def path_of(directory: Directory, group: Group) -> tuple[str, ...]:
    return (await directory.tree.current()).place((group.unit_id,)) if group.unit_id else ()


async def visible_group(directory: Directory, asking: Account, group_id: str) -> Group:
    """Raises `NotFound`, also for a group of a unit that is not the caller's to see."""
    group = await directory.groups.find(group_id)
    if group is None:
        raise NotFound(NO_GROUP)
    if group.unit_id:
        try:
            await visible_unit(directory, asking, group.unit_id)
        except Concealed as unseen:
            raise Concealed(NO_GROUP, group.id, group.name, unseen.unit_path) from None
    return group


async def sees_group(directory: Directory, asking: Account, group_id: str) -> bool:
    """Whether there is such a group for an account."""
    try:
        await visible_group(directory, asking, group_id)
    except NotFound:
        return False
    return True


async def group_to_change(directory: Directory, asking: Account, group_id: str) -> Group:
    """A group of a unit that the caller administers. Raises `NotFound`, `Forbidden`."""
    group = await visible_group(directory, asking, group_id)
    if not asking.administers(await path_of(directory, group)):
        raise Forbidden("You do not administer the unit of this group")
    return group


async def visible_units(directory: Directory, asking: Account) -> list[str] | None:
    """Ids of all units whose groups an account sees, the whole administration's among them; None for all."""
    if asking.is_national():
        return None
    tree = await directory.tree.current()
    roots = [*asking.unit_path[:1], *(grant.unit_path[-1] for grant in asking.roles if grant.unit_path)]
    below = [each for root in roots for each in tree.names_below(root)]
    return ["", *dict.fromkeys(below), *_ways(tree, asking, below)]


def _ways(tree: Tree, asking: Account, below: Sequence[str]) -> list[str]:
    """The units on the way down to those, which are seen as well."""
    ways = {unit for grant in asking.roles for unit in grant.unit_path}
    return sorted(unit for unit in ways if unit not in below and tree.unit(unit) is not None)


async def accounts_to_list(directory: Directory, asking: Account, ids: Iterable[str]) -> list[str]:
    """Ids of accounts that the caller may put into a group: those that it may see. Raises `NotFound`."""
    known = await directory.accounts.among(sorted(set(ids)))
    found = [account.id for account in known if may_see(asking, account)]
    missing = sorted(set(ids) - set(found))
    if missing:
        raise NotFound(NO_ACCOUNT, fields={"account_ids": missing[0][:40]})
    return found


async def list_to_set(directory: Directory, asking: Account, group: Group, path: Sequence[str], given: Group) -> Group:
    """The group with the address that is given and with who may write to it.

    Raises `InvalidInput`, `Forbidden` (a foreign domain), `PreconditionFailed` (one that is closing), `NotFound` (a
    writer).
    """
    changed = group.written_to(given.address, given.writers, given.writer_ids)
    if changed != group and changed.rule is not None and changed.rule.everybody and not asking.is_national():
        raise Forbidden("Who writes to all staff is the national administrator's to say")
    if changed.address and changed.address != group.address:
        await refuse_foreign_domains(directory, asking, path, [changed.address])
    await accounts_to_list(directory, asking, set(changed.writer_ids) - set(group.writer_ids))
    return changed


async def rule_to_set(directory: Directory, asking: Account, rule: Rule | None) -> Rule | None:
    """A rule over what the caller administers. Raises `InvalidInput`, `Forbidden`, `NotFound`."""
    if rule is None:
        return None
    tidy = rule.tidy()
    await unit_to_fill(directory, asking, tidy.unit_id)
    return tidy
