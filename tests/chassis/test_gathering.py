"""Work that comes together is done together, in order, and nobody's fault or departure is another's."""

import asyncio
from collections.abc import Sequence

import pytest

from chassis.gathering import AT_ONCE, Gathering


class Recorder:
    def __init__(self) -> None:
        self.rounds: list[list[int]] = []

    async def act(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.rounds.append(list(items))
        await asyncio.sleep(0.01)
        return [ValueError(str(item)) if item < 0 else item * 2 for item in items]


async def test_what_comes_while_the_first_is_under_way_is_one_round() -> None:
    recorder, gathering = Recorder(), Gathering[int, int]()
    results = await asyncio.gather(*(gathering.do("inbox", number, recorder.act) for number in range(10)))
    assert results == [number * 2 for number in range(10)]
    assert [item for items in recorder.rounds for item in items] == list(range(10))
    assert len(recorder.rounds) <= 2


async def test_a_round_is_bounded() -> None:
    recorder, gathering = Recorder(), Gathering[int, int]()
    await asyncio.gather(*(gathering.do("inbox", number, recorder.act) for number in range(3 * AT_ONCE)))
    assert max(map(len, recorder.rounds)) <= AT_ONCE


async def test_keys_do_not_wait_for_each_other() -> None:
    recorder, gathering = Recorder(), Gathering[int, int]()
    await asyncio.gather(*(gathering.do(f"key{number}", number, recorder.act) for number in range(5)))
    assert len(recorder.rounds) == 5


async def test_a_fault_is_its_own_items_and_the_next_round_goes_on() -> None:
    recorder, gathering = Recorder(), Gathering[int, int]()
    results = await asyncio.gather(
        *(gathering.do("inbox", number, recorder.act) for number in (1, -2, 3)), return_exceptions=True
    )
    assert results[0] == 2
    assert isinstance(results[1], ValueError)
    assert results[2] == 6

    async def broken(items: Sequence[int]) -> Sequence[int | Exception]:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        await gathering.do("inbox", 4, broken)
    assert await gathering.do("inbox", 5, recorder.act) == 10


async def test_a_caller_that_leaves_takes_nobodys_work_along() -> None:
    recorder, gathering = Recorder(), Gathering[int, int]()
    first = asyncio.create_task(gathering.do("inbox", 1, recorder.act))
    second = asyncio.create_task(gathering.do("inbox", 2, recorder.act))
    await asyncio.sleep(0.005)
    first.cancel()
    assert await second == 4
    assert sorted(item for items in recorder.rounds for item in items) == [1, 2]
