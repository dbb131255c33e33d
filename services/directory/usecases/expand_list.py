"""Whom a distribution list gives what an account writes to it, where all of them may be named to that account."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.addresses import looked_up
from services.directory.domain.groups import MEMBERS, NAMED, PLATFORM, UNIT, Group
from services.directory.usecases.authority import may_see
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_groups import NO_GROUP

# Accounts that one call looks at for a rule that few fit.
LOOKED_AT = 2_000
MOST = 1_000


@dataclass(frozen=True)
class Expanded:
    """`whole` says whether `members` are all: nobody is named where somebody may not be, or where there are more."""

    group: Group
    members: tuple[Account, ...] = ()
    whole: bool = False


async def expand_list(directory: Directory, address: str, account_id: str, most: int) -> Expanded:
    """Raises `NotFound` for what is the address of no list, or for no such account.

    What one may not write to without a moderator is not told either, nor whom the list has of other ministries, nor all
    staff.
    """
    spelling = looked_up(address)
    group = await directory.groups.of_address(spelling) if spelling else None
    asking = await directory.accounts.find(account_id)
    if group is None or asking is None:
        raise NotFound(NO_GROUP)
    sources = await _sources(directory, group)
    if group.everybody or not _writes(asking, group, sources):
        return Expanded(group)
    members = await _members(directory, sources, min(most, MOST))
    if members is None or not all(may_see(asking, each) for each in members):
        return Expanded(group)
    return Expanded(group, tuple(members), whole=True)


async def _sources(directory: Directory, group: Group) -> list[Group]:
    """The group and all that it holds, but none of all staff: who writes to those is said of that group."""
    nesting, _ = await directory.groups.nesting()
    held = [await directory.groups.find(each) for each in nesting.spread(group.id) if each != group.id]
    return [group, *(each for each in held if each is not None and not each.everybody)]


def _writes(asking: Account, group: Group, sources: Sequence[Group]) -> bool:
    """As mail lets: `services.mail.usecases.list_members`."""
    if group.writers == NAMED:
        return asking.id in group.writer_ids
    if group.writers == UNIT:
        return not group.unit_id or group.unit_id in asking.unit_path
    if group.writers == MEMBERS:
        return any(_holds(each, asking) for each in sources)
    return group.writers == PLATFORM


def _holds(source: Group, account: Account) -> bool:
    return source.rule.holds(account) if source.rule is not None else account.id in source.accounts


async def _members(directory: Directory, sources: Sequence[Group], most: int) -> list[Account] | None:
    """Each once, by id; None where they are more, or too many to look at."""
    listed = {each for source in sources for each in source.accounts if source.rule is None}
    if len(listed) > most:
        return None
    found = {each.id: each for each in await directory.accounts.among(sorted(listed))} if listed else {}
    for source in sources:
        if source.rule is not None:
            roots = [source.rule.unit_id] if source.rule.unit_id else None
            page = await directory.accounts.page(roots, "", LOOKED_AT + 1)
            if len(page) > LOOKED_AT:
                return None
            found |= {each.id: each for each in page if source.rule.holds(each)}
    return [found[each] for each in sorted(found)] if len(found) <= most else None
