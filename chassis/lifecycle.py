"""The life of a process: parts start in any order of the world's, drain on SIGTERM, and stop in reverse."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from chassis.backoff import Pauses
from chassis.errors import Unavailable
from chassis.part import Part
from chassis.settings import ServiceSettings, host_port
from chassis.telemetry import OperationsEndpoint

log = structlog.get_logger(__name__)
T = TypeVar("T")

__all__ = ["Part", "Process", "retrying"]


async def retrying(what: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Run `attempt` until it succeeds, with jittered back-off; only cancellation ends it."""
    wait = Pauses(first=0.1, longest=10)
    while True:
        try:
            return await attempt()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            pause = wait.draw()
            level = log.warning if isinstance(error, Unavailable | OSError) else log.error
            level("start_failed", what=what, error=f"{type(error).__name__}: {error}", retry_in=round(pause, 2))
            await asyncio.sleep(pause)


class Process:
    """All parts of one process, in the order in which they start."""

    def __init__(self, settings: ServiceSettings, *parts: Part) -> None:
        self._settings = settings
        self._parts = list(parts)
        self._started: list[Part] = []
        self._draining = False
        self._stop_asked = asyncio.Event()

    def add(self, part: Part) -> None:
        self._parts.append(part)

    def ask_to_stop(self) -> None:
        """What SIGTERM and SIGINT do."""
        self._stop_asked.set()

    async def ready(self) -> dict[str, bool]:
        """Each part's name and whether it can work; `process` is false while starting or draining."""
        whole = len(self._started) == len(self._parts) and not self._draining
        return {"process": whole, **{part.name: await part.ready() for part in self._started}}

    async def run(self) -> None:
        """Start, serve until asked to stop, drain, stop."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self.ask_to_stop)
        operations = OperationsEndpoint(*host_port(self._settings.ops_listen), self.ready)
        await operations.start()
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop_asked.wait())
        try:
            done, _ = await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting in done:
                starting.result()
                log.info("ready")
                await stopping
        finally:
            for task in (starting, stopping):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await self._end()
            await operations.stop()

    async def _start(self) -> None:
        for part in self._parts:
            await retrying(part.name, part.start)
            self._started.append(part)

    async def _end(self) -> None:
        self._draining = True
        log.info("draining")
        for part in reversed(self._started):
            await self._bounded(part, "drain", part.drain)
        for part in reversed(self._started):
            await self._bounded(part, "stop", part.stop)
        log.info("stopped")

    async def _bounded(self, part: Part, what: str, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await asyncio.wait_for(act(), self._settings.drain_seconds)
        except Exception as error:  # the others still have to end in order
            log.error("end_failed", part=part.name, act=what, error=f"{type(error).__name__}: {error}")
