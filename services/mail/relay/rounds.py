"""What the relay does from time to time beside sending. Of several relays one does each round."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from chassis.events.leases import Turns
from chassis.part import Part

log = structlog.get_logger(__name__)
REFRESH_SECONDS = 600.0
# Whoever waits for a round looks again so often, so that its time is known when another relay did it.
MOST_WAIT = 300.0


class Rounds(Part):
    """`act` is done whenever a turn is due, until there is nothing more for it to do (it returns 0)."""

    def __init__(self, name: str, act: Callable[[], Awaitable[int]], turns: Turns) -> None:
        self.name = name
        self._act = act
        self._turns = turns
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
            seconds = MOST_WAIT
            try:
                if await self._turns.take():
                    await self._round()
                    await self._turns.end()
                seconds = await self._turns.wait_seconds()
            except Exception as error:
                log.error("round_failed", round=self.name, error=f"{type(error).__name__}: {error}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), min(max(seconds, 1.0), MOST_WAIT))

    async def _round(self) -> None:
        while not self._ended.is_set() and await self._act():
            await self._turns.prolong()
