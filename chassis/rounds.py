"""What a process does from time to time, beside what it is there for. Workers have `chassis.events.every` instead."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from chassis.events.leases import Turns
from chassis.part import Part

log = structlog.get_logger(__name__)
# Whoever waits for a turn looks again so often, so that its time is known when another process did it.
MOST_WAIT = 300.0


class Rounds(Part):
    """`act` is done until there is nothing more for it to do (it returns 0), and again some seconds later. A round that
    fails is told, and the next one comes. Several processes may make them where what `act` does is claimed."""

    def __init__(self, name: str, act: Callable[[], Awaitable[int]], seconds: float) -> None:
        self.name = name
        self._act = act
        self._seconds = seconds
        self._loop: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    async def start(self) -> None:
        self._loop = asyncio.create_task(self._run())

    async def drain(self) -> None:
        self._ended.set()

    async def stop(self) -> None:
        self._ended.set()
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def _run(self) -> None:
        while not self._ended.is_set():
            seconds = self._seconds
            try:
                seconds = await self._made()
            except Exception as error:
                log.error("round_failed", round=self.name, error=f"{type(error).__name__}: {error}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), seconds)

    async def _made(self) -> float:
        """Make one; how many seconds the next one is away."""
        while not self._ended.is_set() and await self._act():
            pass
        return self._seconds


class RoundsByTurns(Rounds):
    """Of several processes one makes each round, whenever a turn is due."""

    def __init__(self, name: str, act: Callable[[], Awaitable[int]], turns: Turns) -> None:
        super().__init__(name, act, MOST_WAIT)
        self._turns = turns

    async def _made(self) -> float:
        if await self._turns.take():
            while not self._ended.is_set() and await self._act():
                await self._turns.prolong()
            await self._turns.end()
        return min(max(await self._turns.wait_seconds(), 1.0), MOST_WAIT)
