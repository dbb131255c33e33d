"""Work for one key that comes while earlier work for it is under way, done together: a group commit.

Under load it turns many transactions that would conflict into one; alone, it costs nothing and delays nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
AT_ONCE = 64

# Answers, for each item, its result or the exception that whoever asked is to get.
Act = Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]]


class Gathering(Generic[Item, Result]):
    """Does items of one key in turn, all that wait at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[Item, asyncio.Future[Result]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, key: str, item: Item, act: Act[Item, Result]) -> Result:
        """The result of one item; `act` must be the same for all items of a key."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.append((item, done))
        else:
            self._waiting[key] = [(item, done)]
            # A task of its own: the caller that came first may be cancelled, the others' work may not.
            task = asyncio.create_task(self._work(key, act))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await done

    async def _work(self, key: str, act: Act[Item, Result]) -> None:
        while waiting := self._waiting[key]:
            now, self._waiting[key] = waiting[:AT_ONCE], waiting[AT_ONCE:]
            results: Sequence[Result | Exception]
            try:
                results = await act([item for item, _ in now])
            except Exception as error:
                results = [error] * len(now)
            for (_, done), result in zip(now, results, strict=True):
                _settle(done, result)
        del self._waiting[key]


def _settle(done: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if done.done():  # whoever asked has gone
        return
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)
