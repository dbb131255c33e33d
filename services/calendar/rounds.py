"""What the api does from time to time: fetching from outside, which the worker's patched sockets are no place for."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from chassis.part import Part

log = structlog.get_logger(__name__)
SECONDS = 5.0


class FetchRounds(Part):
    """`act` is done until it finds nothing more to do, and again some seconds later. Several may: what is done is
    claimed."""

    name = "fetching"

    def __init__(self, act: Callable[[], Awaitable[int]]) -> None:
        self._act = act
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
            try:
                while not self._ended.is_set() and await self._act():
                    pass
            except Exception as error:
                log.error("round_failed", round=self.name, error=f"{type(error).__name__}: {error}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), SECONDS)
