"""Whatever happens, and in whatever order: what a pool lent is what its accounts borrowed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

import pytest

from chassis.errors import Conflict, OverQuota
from chassis.ids import new_id
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.uids import ALL
from services.mail.usecases import expunge
from services.mail.usecases.erase_account import erase_account
from services.mail.usecases.pools import give_pool
from services.mail.usecases.quota import recount, recount_due
from services.mail.usecases.tend_pools import tend_pools
from tests.mail.house import House, letter
from tests.mail.usecases.test_pools import MIB, put, stand

PATHS = [("A",), ("A", "B"), ("A", "B", "C"), ("D",)]
STEPS = 50


class Days:
    """What may happen to some accounts and their units."""

    def __init__(self, house: House, chance: Random) -> None:
        self.house, self.chance = house, chance
        self.owners = [self.newcomer() for _ in range(4)]
        self.events: list[Callable[[], Awaitable[object]]] = [
            self.give, self.put, self.put, self.put, self.put_together, self.expunge, self.move, self.move, self.tend,
            self.recount_due, self.recount, self.erase,
        ]  # fmt: skip

    def newcomer(self) -> str:
        return stand(self.house, new_id(), *self.chance.choice([*PATHS, ()]))

    @property
    def owner(self) -> str:
        return self.chance.choice(self.owners)

    async def give(self) -> None:
        path = self.chance.choice(PATHS)
        octets = self.chance.choice([None, MIB, 2 * MIB, 1024**4])
        await give_pool(self.house.mail, path[-1], Whereabouts("Unité", path), octets)

    async def put(self) -> None:
        await put(self.house, self.owner, letter("Note", "x" * self.chance.randrange(400_000)))

    async def put_together(self) -> None:
        source = letter("Note", "x" * 200_000)
        await asyncio.gather(*(put(self.house, each, source) for each in self.owners), return_exceptions=True)

    async def expunge(self) -> None:
        owner = self.owner
        box = await self.house.box(owner, "Archive")
        await expunge(self.house.mail, owner, box.id, ALL, only_deleted=False)

    async def move(self) -> None:
        """Some processes know it only some seconds later."""
        owner, believed = self.owner, dict(self.house.mail.known.limits)
        stand(self.house, owner, *self.chance.choice([*PATHS, ()]))
        if self.chance.random() < 0.5:
            self.house.mail.known.limits.update(believed)

    async def tend(self) -> None:
        self.house.clock.advance(hours=2)
        self.house.mail.known.limits.clear()
        await tend_pools(self.house.mail)

    async def recount_due(self) -> None:
        self.house.clock.advance(days=2)
        await recount_due(self.house.mail)

    async def recount(self) -> None:
        await recount(self.house.mail, self.owner)

    async def erase(self) -> None:
        owner = self.owner
        await erase_account(self.house.mail, owner)
        self.owners[self.owners.index(owner)] = self.newcomer()


@pytest.mark.parametrize("seed", [0, 2])
async def test_what_a_pool_lent_is_what_its_accounts_borrowed(house: House, seed: int) -> None:
    days = Days(house, Random(seed))
    happened = []
    for path in PATHS:
        await give_pool(house.mail, path[-1], Whereabouts("Unité", path), 4 * MIB)
    for _ in range(STEPS):
        event = days.chance.choice(days.events)
        happened.append(event.__name__)
        with suppress(OverQuota, Conflict):  # no room, or a pool that is no more
            await event()
        for *_, unit in PATHS:
            pool = await house.mail.store.pools.of(unit)
            borrowers = await house.database["usages"].find({"pools": unit}).to_list(None)
            assert (pool.lent if pool is not None else 0) == sum(each["borrowed"] for each in borrowers), happened
    assert len(set(happened)) == len(set(days.events))
    house.mail.known.limits.clear()
    for owner in days.owners:
        await recount(house.mail, owner)
        usage, stands = await house.database["usages"].find_one({"_id": owner}), house.people.stands[owner]
        assert usage is not None
        pools = [await house.mail.store.pools.of(unit) for unit in reversed(stands.unit_path)]
        units = [each.unit_id for each in pools if each is not None and each.octets is not None]
        assert usage.get("pools", []) == units
        assert usage.get("borrowed", usage["octets"]) >= usage["octets"]
