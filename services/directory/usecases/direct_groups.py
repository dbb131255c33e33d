"""The groups that an account is directly in, for who provisions it: those that list it, those whose rule it fits."""

import asyncio
from collections.abc import Sequence

from services.directory.domain.accounts import Account
from services.directory.domain.groups import Group
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.seeing_groups import visible_units

AT_ONCE = 8


class DirectGroups:
    """As far as one caller sees them; for the accounts of one answer, so that rules are read once a unit."""

    def __init__(self, directory: Directory, seen: Sequence[str] | None) -> None:
        self._directory = directory
        self._seen = None if seen is None else frozenset(seen)
        self._ruled: dict[str, list[Group]] = {}

    async def of(self, account: Account) -> list[Group]:
        """By name."""
        found = await self._directory.groups.named_by(account.id)
        tree = await self._directory.tree.current()
        for unit in ("", *tree.names_of(account.unit_path)):
            if unit not in self._ruled:
                self._ruled[unit] = await self._directory.groups.ruled([unit])
            found += [group for group in self._ruled[unit] if group.rule is not None and group.rule.holds(account)]
        visible = {group.id: group for group in found if self._seen is None or group.unit_id in self._seen}
        return sorted(visible.values(), key=lambda group: group.position)

    async def of_all(self, accounts: Sequence[Account]) -> list[list[Group]]:
        """Of each, some at a time."""
        found: list[list[Group]] = []
        for first in range(0, len(accounts), AT_ONCE):
            found += await asyncio.gather(*map(self.of, accounts[first : first + AT_ONCE]))
        return found


async def direct_groups(directory: Directory) -> DirectGroups:
    """For whoever asks."""
    return DirectGroups(directory, await visible_units(directory, await caller(directory)))
