"""One client's connection: octets in, octets out, and how long each may take."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import structlog

from chassis.identity import Identity
from chassis.sockets import SocketConnection
from services.mail.imap.codec.reader import CommandReader, Limits, Line, Literal
from services.mail.managesieve.codec import write
from services.mail.managesieve.dispatch import answer, greet, run
from services.mail.managesieve.session import State

if TYPE_CHECKING:
    from services.mail.managesieve.server import ManageSieveServer

log = structlog.get_logger(__name__)

# Of a token, which is the longest that a stranger has to say (RFC 7628).
_LINE = 16 * 1024
# Literals of clients come unasked (RFC 5804 §1.2): one that is too large is read past when it is not larger than this
# many of the largest, and ends the session when it is.
_SKIPPED = 16


class Connection(SocketConnection):
    """A `Wire`. It has a task only while a command runs: one that waits for the client costs no more than its state."""

    __slots__ = ("_more", "_paused", "_reader", "_refused", "_server", "_task", "session")

    def __init__(self, server: "ManageSieveServer", *, secure: bool) -> None:
        super().__init__(secure=secure)
        self._server = server
        self._reader = CommandReader(self._limits(stranger=True))
        # The rest of a command whose literal was refused.
        self._refused = False
        self._task: asyncio.Task[None] | None = None
        self._more: asyncio.Future[None] | None = None
        self._paused = False
        self.session = server.session(self)

    def _limits(self, *, stranger: bool) -> Limits:
        if stranger:
            return Limits(line=_LINE, command=_LINE, literal=_LINE)
        script = self._server.options.max_script
        return Limits(line=_LINE, command=script + _LINE, literal=script)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        refusal = self._server.admit(self)
        if refusal:
            self.write(write.bye(refusal, b"TRYLATER") + b"\r\n")
            self.close()
            return
        self._start(greet(self.session))

    def data_received(self, data: bytes) -> None:
        self._last = time.monotonic()
        self._reader.feed(data)
        if self._more is not None:
            self._wake()
        elif self._task is None:
            self._start(self._serve())
        if self._reader.held > self._most_held and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._server.forget(self)
        if self._task is not None:
            self._task.cancel()
        self._wake()

    # What a session asks for: `ports.Wire`

    async def line(self) -> bytes:
        while True:
            event = self._reader.next()
            if event is None:
                await self._wait()
            elif isinstance(event, Line):
                return event.octets
            elif isinstance(event, Literal) and self._reader.acceptable:
                self._reader.accept()
            else:
                raise ConnectionAbortedError

    def logged_in(self, identity: Identity) -> None:
        self._server.logged_in(self, identity)
        self._reader.limits = self._limits(stranger=False)

    def logged_out(self) -> None:
        self._server.logged_out(self)
        self.began = time.monotonic()  # a stranger's time begins anew
        self._reader.limits = self._limits(stranger=True)

    async def start_tls(self) -> None:
        self._reader.discard()
        await self.encrypt(self._server.tls, self._server.options.stalled_seconds)

    # From outside of any command

    def dismiss(self, text: str, code: bytes = b"") -> None:
        """At once when no command runs, else after it."""
        running = self._task is not None and self._more is None
        self.session.leave()
        if not running:
            self.write(write.bye(text, code) + b"\r\n")
            self.close()

    def restarting(self) -> None:
        self.dismiss("The server is restarting", b"TRYLATER")

    def too_slow(self) -> None:
        if self.session.state is State.LEAVING:
            self.abort()
            return
        self.session.leave()
        self.write(write.bye("Too slow, or idle for too long") + b"\r\n")
        self.close()

    def overdue(self, now: float) -> bool:
        """Whether the client has let a deadline pass."""
        options = self._server.options
        if self._blocked:
            return now - self._blocked > options.write_seconds
        if self.session.state is State.STRANGER and now - self.began > options.login_seconds:
            return True
        if self._more is not None or (self._task is None and self._reader.waiting):
            return now - self._last > options.stalled_seconds
        return self._task is None and now - self._last > options.idle_seconds

    # The loop

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
            log.exception("managesieve_session_failed")
            self.abort()
        finally:
            self._task = None

    async def _serve(self) -> None:
        while self.session.state is not State.LEAVING and (event := self._reader.next()) is not None:
            self._resume_reading()
            if isinstance(event, Line):
                await self._line(event.octets)
            elif isinstance(event, Literal):
                await self._announced(event)
            else:
                await self._end("The line is too long")
        if self.session.state is State.LEAVING:
            self.close()

    async def _line(self, octets: bytes) -> None:
        if self._refused:
            self._refused = False
            return
        await run(self.session, octets)

    async def _announced(self, literal: Literal) -> None:
        if self._reader.acceptable and not self._refused:
            self._reader.accept()
            return
        self._reader.refuse()
        if literal.synchronizing or literal.size > _SKIPPED * self._server.options.max_script:
            await self._end("The script is too large", b"QUOTA/MAXSIZE")
        elif not self._refused:
            self._refused = True
            await answer(self.session, write.no("The script is too large", b"QUOTA/MAXSIZE"))

    async def _end(self, text: str, code: bytes = b"") -> None:
        self.session.tell(write.bye(text, code))
        self.session.leave()
        await self.flush()

    @property
    def _most_held(self) -> int:
        """Octets that wait to be read before the client has to wait: a whole command has to come in."""
        return self._reader.limits.command + _LINE

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    async def _wait(self) -> None:
        """For octets of the client."""
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
        if self._paused and self._reader.held < self._most_held and self._transport is not None:
            self._paused = False
            with contextlib.suppress(RuntimeError):
                self._transport.resume_reading()
