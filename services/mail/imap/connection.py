"""One client's connection: octets in, octets out, and how long each may take."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import structlog

from chassis.identity import Identity
from services.mail.imap.codec import (
    AFTER_LOGIN,
    CommandReader,
    Line,
    Literal,
    TooLong,
    before_message,
)
from services.mail.imap.codec.deflate import Deflated, NotDeflated
from services.mail.imap.codec.reader import Event
from services.mail.imap.dispatch import greet, run, run_incoming
from services.mail.imap.session import State
from services.mail.turns import TurnConnection

if TYPE_CHECKING:
    from services.mail.imap.server import ImapServer

log = structlog.get_logger(__name__)

# Octets that wait to be read before the client has to wait.
MOST_HELD = 128 * 1024
PIECE = 64 * 1024


class _Octets(AsyncIterator[bytes]):
    """A literal as it comes; it may be left and taken up again."""

    def __init__(self, connection: "Connection", size: int) -> None:
        self._connection = connection
        self._left = size

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        piece = await self._connection.octets(min(self._left, PIECE))
        self._left -= len(piece)
        return piece


class Connection(TurnConnection):
    """A `Wire`."""

    __slots__ = ("_deflated", "_reader", "_server", "session")
    protocol = "imap"

    def __init__(self, server: "ImapServer", *, secure: bool) -> None:
        super().__init__(secure=secure)
        self._server = server
        self._reader = CommandReader()
        self._deflated: Deflated | None = None
        self.session = server.session(self)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        refusal = self._server.admit(self)
        if refusal:
            self.write(b"* BYE %b\r\n" % refusal)
            self.close()
            return
        self._start(greet(self.session))

    def data_received(self, data: bytes) -> None:
        self._last = time.monotonic()
        if self._deflated is None:
            self._reader.feed(data)
        else:
            self._deflated.feed(data)
        self._came()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._server.forget(self)

    # What a session asks for: `ports.Wire`

    async def line(self) -> bytes | None:
        event = await self._event()
        if isinstance(event, Line):
            return event.octets
        self._reader.refuse()
        return None

    async def next(self) -> Line | Literal:
        event = await self._event()
        if isinstance(event, TooLong):
            await self._too_long(event)
            raise ConnectionAbortedError
        return event

    async def take(self, literal: Literal) -> AsyncIterator[bytes]:
        self._reader.stream()
        if literal.synchronizing:
            self.write(b"+ Ready for the message\r\n")
            await self.flush()
        return _Octets(self, literal.size)

    async def _event(self) -> Event:
        while (event := self._reader.next()) is None:
            if not self._inflate():
                await self._wait()
        return event

    def refuse(self) -> None:
        self._reader.refuse()

    async def octets(self, most: int) -> bytes:
        """Some octets of a literal that is streamed."""
        while not (piece := self._reader.take(most)):
            if not self._inflate():
                await self._wait()
        self._resume_reading()
        return piece

    def logged_in(self, identity: Identity) -> None:
        self._server.logged_in(self, identity)
        self._reader.limits = AFTER_LOGIN

    async def start_tls(self) -> None:
        self._reader.discard()
        await self.encrypt(self._server.tls, self._server.options.stalled_seconds)

    @property
    def compressed(self) -> bool:
        return self._deflated is not None

    def compress(self) -> None:
        self._reader.discard()
        self._deflated = Deflated()

    def send(self) -> None:
        if self._deflated is not None and self._out and self._transport is not None:
            self._out[:] = self._deflated.deflated(bytes(self._out))
        super().send()

    def _inflate(self) -> bool:
        """Read on in what came compressed; whether there was something. Raises `ConnectionAbortedError`."""
        if self._deflated is None or not self._deflated.more:
            return False
        try:
            piece = self._deflated.inflated(PIECE)
        except NotDeflated as error:
            raise ConnectionAbortedError from error
        self._reader.feed(piece)
        return bool(piece)

    @property
    def _holds_enough(self) -> bool:
        """Whether the client has to wait; what came compressed is read a piece at a time, when it is needed."""
        return self._reader.held > MOST_HELD or (self._deflated is not None and self._deflated.more)

    def dismiss(self, line: bytes) -> None:
        """End from outside of any command: at once when none runs, else after it."""
        running = self._task is not None and self.session.wake is None
        self.session.leave()
        if not running:
            self.write(b"* BYE %b\r\n" % line)
            self.close()

    def restarting(self) -> None:
        self.dismiss(b"[UNAVAILABLE] The server is restarting")

    def too_slow(self) -> None:
        if self.session.state is State.LEAVING:
            self.abort()
            return
        self.session.leave()
        self.write(b"* BYE Too slow, or idle for too long\r\n")
        self.close()

    # Time

    def overdue(self, now: float) -> bool:
        """Whether the client has let a deadline pass."""
        options = self._server.options
        if self._blocked:
            return now - self._blocked > options.write_seconds
        if self.session.state is State.STRANGER and now - self.began > options.login_seconds:
            return True
        waiting = self._more is not None or self._task is None
        if waiting and self.session.wake is None and (self._more is not None or self._reader.waiting):
            return now - self._last > options.stalled_seconds
        return waiting and now - self._last > options.idle_seconds

    # The loop

    async def _serve(self) -> None:
        while self.session.state is not State.LEAVING:
            event = self._reader.next()
            if event is None:
                if self._inflate():
                    continue
                # A command that read on by itself, as IDLE does, may have read all that there was.
                self._resume_reading()
                break
            self._resume_reading()
            if isinstance(event, Line):
                await run(self.session, event.octets)
            elif isinstance(event, Literal):
                await self._announced(event)
            else:
                await self._too_long(event)

    async def _announced(self, literal: Literal) -> None:
        """A literal is announced: its octets are asked for only when they are wanted."""
        command = before_message(literal.before, utf8=self.session.utf8) if self.session.state.holds_mail else None
        if command is not None and literal.size <= self._server.options.max_message:
            await run_incoming(self.session, command, literal)
            return
        if command is None and self._reader.acceptable:
            self._reader.accept()
            if literal.synchronizing:
                self.write(b"+ Go on\r\n")
                await self.flush()
            return
        skippable = literal.synchronizing or literal.size <= self._server.options.max_message
        self._reader.refuse()
        tag = literal.before.split(b" ", 1)[0][:100]
        if self.session.state is State.STRANGER or not skippable or not tag.isalnum():
            self.write(b"* BYE [TOOBIG] The literal is too large\r\n")
            self.session.leave()
            self.close()
            return
        self.write(tag + b" NO [TOOBIG] The literal is too large\r\n")
        await self.flush()

    async def _too_long(self, _: TooLong) -> None:
        self.write(b"* BYE [TOOBIG] The line is too long\r\n")
        self.session.leave()
        self.close()

    @property
    def _has_room(self) -> bool:
        return not (self._deflated is not None and self._deflated.more) and self._reader.held < MOST_HELD // 2
