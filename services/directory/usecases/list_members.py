"""Who is in a group: what it lists itself, or everybody who is a member by whatever way."""

from collections.abc import Sequence

from services.directory.domain.accounts import Account
from services.directory.domain.groups import Group
from services.directory.usecases.authority import caller, may_see
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after
from services.directory.usecases.seeing_groups import visible_group, visible_units

# Accounts that one call looks at for a rule, so that a rule that few fit among 70,000 stops no server.
LOOKED_AT = 2_000
_CHUNK = 500


async def list_members(
    directory: Directory, group_id: str, everybody: bool, size: int, token: str
) -> tuple[list[Account | Group], str]:
    """A page of members that the caller may see, each once, and the token of the next page.

    A page may be short and not the last: what is looked at for one is bounded. Raises `NotFound`, `InvalidInput`.
    """
    asking = await caller(directory)
    group = await visible_group(directory, asking, group_id)
    count, of = page_size(size), f"{group_id} {everybody}"
    after = resume_after(token, "members", of)
    nesting, _ = await directory.groups.nesting()
    ids = nesting.spread(group_id) if everybody else [group_id]
    sources = [source for each in ids if (source := await directory.groups.find(each)) is not None]
    walk = _Walk(directory, asking, sources, count)
    at, _, within = after.partition("\0")
    start = next((n for n, source in enumerate(sources) if source.id == at), 0)
    for number in range(start, len(sources)):
        stopped = await walk.source(number, within if number == start else "")
        if stopped is not None:
            return [*walk.found], token_after("members", of, f"{sources[number].id}\0{stopped}")
    nested = [] if everybody else await _nested(directory, asking, group)
    return [*walk.found, *nested], ""


class _Walk:
    """One page being filled, source after source."""

    def __init__(self, directory: Directory, asking: Account, sources: Sequence[Group], count: int) -> None:
        self._directory = directory
        self._asking = asking
        self._sources = sources
        self._count = count
        self._left = LOOKED_AT
        self._listing = [frozenset(source.accounts) for source in sources]
        self.found: list[Account] = []

    async def source(self, number: int, after: str) -> str | None:
        """Take from one group what follows `after`; after what to go on when the page is full, None at its end."""
        group = self._sources[number]
        while True:
            if len(self.found) >= self._count or self._left <= 0:
                return after
            size = min(_CHUNK, self._left)
            page = await (self._ruled(group, after, size) if group.rule else self._listed(group, after, size))
            for position, account in page:
                if len(self.found) >= self._count:
                    return after
                after = position
                if account is not None and self._counts(number, account):
                    self.found.append(account)
            self._left -= len(page)
            if len(page) < size:
                return None

    def _counts(self, number: int, account: Account) -> bool:
        """Whether the account is a member by this group, is the caller's to see, and came by none before it."""
        if not self._in(number, account) or not may_see(self._asking, account):
            return False
        return not any(self._in(earlier, account) for earlier in range(number))

    def _in(self, number: int, account: Account) -> bool:
        rule = self._sources[number].rule
        return rule.holds(account) if rule is not None else account.id in self._listing[number]

    async def _listed(self, group: Group, after: str, size: int) -> list[tuple[str, Account | None]]:
        ids = [each for each in group.accounts if each > after][:size]
        known = {account.id: account for account in await self._directory.accounts.among(ids)}
        return [(each, known.get(each)) for each in ids]

    async def _ruled(self, group: Group, after: str, size: int) -> list[tuple[str, Account | None]]:
        assert group.rule is not None  # noqa: S101 - asked only of those
        roots = await self._roots(group.rule.unit_id)
        page = await self._directory.accounts.page(roots, after, size)
        return [(account.address, account) for account in page]

    async def _roots(self, unit_id: str) -> list[str] | None:
        """The units to read: where the rule and what the caller may see overlap; None for all accounts."""
        seen = await visible_units(self._directory, self._asking)
        if seen is None:
            return [unit_id] if unit_id else None
        tree = await self._directory.tree.current()
        if unit_id and unit_id in seen:
            return [unit_id]
        mine = [self._asking.unit_path[:1], *(grant.unit_path for grant in self._asking.roles)]
        roots = {path[-1] for path in mine if path and tree.unit(path[-1]) is not None}
        return sorted(root for root in roots if not unit_id or unit_id in tree.place((root,)))


async def _nested(directory: Directory, asking: Account, group: Group) -> list[Group]:
    """The groups that it holds, as far as the caller sees them."""
    units = await visible_units(directory, asking)
    nested = [found for each in group.groups if (found := await directory.groups.find(each)) is not None]
    return [each for each in nested if units is None or each.unit_id in units]
