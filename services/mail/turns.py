"""A connection on which one command runs at a time, as IMAP and ManageSieve have it."""

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any

import structlog

from chassis.sockets import SocketConnection

log = structlog.get_logger(__name__)


class TurnConnection(SocketConnection):
    """It has a task only while a command runs: one that waits for the client costs no more than its state."""

    __slots__ = ("_more", "_paused", "_task")

    # What the log calls it.
    protocol: str

    def __init__(self, *, secure: bool) -> None:
        super().__init__(secure=secure)
        self._task: asyncio.Task[None] | None = None
        self._more: asyncio.Future[None] | None = None
        self._paused = False

    @abstractmethod
    async def _serve(self) -> None:
        """Run what came until there is nothing more."""

    @property
    @abstractmethod
    def _holds_enough(self) -> bool:
        """Whether the client has to wait until some of what it sent is read."""

    @property
    @abstractmethod
    def _has_room(self) -> bool:
        """Whether it may go on."""

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if self._task is not None:
            self._task.cancel()
        self._wake()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(work))

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
            await self._serve()
        except (ConnectionError, TimeoutError):
            self.abort()
        except asyncio.CancelledError:
            if self._transport is not None:
                raise
        except Exception:
            log.exception("session_failed", protocol=self.protocol)
            self.abort()
        finally:
            self._task = None

    def _came(self) -> None:
        """Octets did: whoever waits for them goes on, or somebody begins to read."""
        if self._more is not None:
            self._wake()
        elif self._task is None:
            self._start(self._serve())
        if self._holds_enough and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    async def _wait(self) -> None:
        """For octets of the client. Raises `ConnectionResetError`."""
        if self._transport is None:
            raise ConnectionResetError
        self._resume_reading()
        self._more = asyncio.get_running_loop().create_future()
        try:
            await self._more
        finally:
            self._more = None
        if self._transport is None:
            raise ConnectionResetError

    def _resume_reading(self) -> None:
        if self._paused and self._has_room and self._transport is not None:
            self._paused = False
            with contextlib.suppress(RuntimeError):
                self._transport.resume_reading()
