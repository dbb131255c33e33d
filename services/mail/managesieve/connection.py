"""One client's connection: octets in, octets out, and how long each may take."""

import asyncio
import time
from typing import TYPE_CHECKING

from chassis.identity import Identity
from services.mail.imap.codec.reader import CommandReader, Limits, Line, Literal
from services.mail.managesieve.codec import write
from services.mail.managesieve.dispatch import answer, greet, run
from services.mail.managesieve.session import State
from services.mail.turns import TurnConnection

if TYPE_CHECKING:
    from services.mail.managesieve.server import ManageSieveServer


# Of a token, which is the longest that a stranger has to say (RFC 7628).
_LINE = 16 * 1024
# Literals of clients come unasked (RFC 5804 §1.2): one that is too large is read past when it is not larger than this
# many of the largest, and ends the session when it is.
_SKIPPED = 16


class Connection(TurnConnection):
    """A `Wire`."""

    __slots__ = ("_reader", "_refused", "_server", "session")
    protocol = "managesieve"

    def __init__(self, server: "ManageSieveServer", *, secure: bool) -> None:
        super().__init__(secure=secure)
        self._server = server
        self._reader = CommandReader(self._limits(stranger=True))
        # The rest of a command whose literal was refused.
        self._refused = False
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
        self._came()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._server.forget(self)

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

    @property
    def _holds_enough(self) -> bool:
        return self._reader.held > self._most_held

    @property
    def _has_room(self) -> bool:
        return self._reader.held < self._most_held
