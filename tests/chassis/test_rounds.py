"""Rounds: what a process does from time to time, alone or by turns."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chassis.documents import connect
from chassis.documents.connect import close
from chassis.events.leases import Turns
from chassis.rounds import Rounds, RoundsByTurns
from tests.databases import Databases


async def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come")


async def test_a_round_goes_on_until_nothing_is_left_and_comes_again_though_one_fails() -> None:
    left, done = [2, 1, 0], 0

    async def act() -> int:
        nonlocal done
        done += 1
        if done == 4:
            raise OSError
        return left.pop(0) if left else 0

    rounds = Rounds("test", act, 0.3)
    await rounds.start()
    await eventually(lambda: done == 3)
    await eventually(lambda: done == 6)
    await rounds.drain()
    await rounds.stop()
    after = done
    await asyncio.sleep(0.4)
    assert done == after


async def test_draining_ends_a_round_that_has_no_end() -> None:
    done = 0

    async def act() -> int:
        nonlocal done
        done += 1
        await asyncio.sleep(0)
        return 1

    rounds = Rounds("test", act, 0.01)
    await rounds.start()
    await eventually(lambda: done > 2)
    await rounds.drain()
    await asyncio.sleep(0.05)
    after = done
    await asyncio.sleep(0.05)
    assert done == after
    await rounds.stop()


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Any]:
    async with databases.lent("rounds", ()) as name:
        found = connect(databases.url, name)
        yield found
        await close(found)


async def test_of_several_one_makes_a_round(database: Any) -> None:
    made: list[str] = []

    def of(name: str) -> RoundsByTurns:
        async def act() -> int:
            made.append(name)
            await asyncio.sleep(0.2)
            return 1 if len(made) < 3 else 0

        return RoundsByTurns(name, act, Turns(database, "rounds", 3600))

    both = [of("one"), of("two")]
    for each in both:
        await each.start()
    await eventually(lambda: len(made) == 3)
    await asyncio.sleep(0.5)
    for each in both:
        await each.stop()
    assert len(made) == 3
    assert len(set(made)) == 1
