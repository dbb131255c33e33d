"""One client's connection: octets in, octets out, and how long each may take."""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

import structlog

from chassis.errors import TooManyRequests
from chassis.sockets import SocketConnection
from services.directory.ldap import dispatch
from services.directory.ldap.codec import ber, responses
from services.directory.ldap.codec.requests import Abandon, Envelope, open_message
from services.directory.usecases.verify_password import Verified

if TYPE_CHECKING:
    from services.directory.ldap.server import LdapServer

log = structlog.get_logger(__name__)
# Messages that are answered in one turn of the loop.
IN_A_TURN = 32


class Connection(SocketConnection):
    """A `Wire`. It has a task only while an operation runs that takes its time."""

    def __init__(self, server: "LdapServer", *, secure: bool) -> None:
        super().__init__(secure=secure)
        self._server = server
        self._in = bytearray()
        self._waiting: deque[Envelope] = deque()
        self._task: asyncio.Task[None] | None = None
        self._running = -1
        self._unwanted: set[int] = set()
        self._paused = self._turn_asked = False
        self.session = server.session(self)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        refusal = self._server.count_in(self)
        if refusal:
            self.dismiss(responses.BUSY, refusal)

    def data_received(self, data: bytes) -> None:
        self._last = time.monotonic()
        self._in += data
        self._turn()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._turn()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._server.forget(self)
        if self._task is not None:
            self._task.cancel()

    # What a session asks for: `ports.Wire`

    def abandoned(self, message_id: int) -> bool:
        return message_id in self._unwanted

    def bound(self, who: Verified | None) -> None:
        self._server.bound(self, who)

    async def start_tls(self) -> None:
        self.send()
        # What was sent in the clear behind the request is never read as if it had come by TLS.
        self._in.clear()
        self._waiting.clear()
        await self.encrypt(self._server.tls, self._server.options.stalled_seconds)

    def dismiss(self, code: int, text: str) -> None:
        """Say why, and hang up (RFC 4511 §4.4.1)."""
        self.session.leaving = True
        self.write(responses.disconnection(code, text))
        self.close()

    def restarting(self) -> None:
        self.dismiss(responses.UNAVAILABLE, "The server is restarting")

    def too_slow(self) -> None:
        if self.session.leaving:
            self.abort()
        else:
            self.dismiss(responses.UNAVAILABLE, "Idle, or too slow")

    # Time

    def overdue(self, now: float) -> bool:
        """Whether the client has let a deadline pass."""
        options = self._server.options
        if self._blocked:
            return now - self._blocked > options.write_seconds
        if self._task is not None:
            return False
        if self._in:
            return now - self._last > options.stalled_seconds
        stranger = self.session.account is None
        return now - self._last > (options.login_seconds if stranger else options.idle_seconds)

    # The loop

    def _turn(self) -> None:
        """Answer what is there, a number of messages; what is left has its turn after other connections."""
        self._turn_asked = False
        if self._transport is None or self.session.leaving:
            return
        try:
            self._take()
            answered = 0
            while self._waiting and self._task is None and self._writable is None and answered < IN_A_TURN:
                self._answer(self._waiting.popleft())
                answered += 1
                if self.session.leaving:
                    return
        except ber.TooLong:
            self.dismiss(responses.PROTOCOL_ERROR, "The message is too long")
            return
        except ber.Malformed:
            self.dismiss(responses.PROTOCOL_ERROR, "Not a message of LDAP")
            return
        self.send()
        self._pace()

    def _take(self) -> None:
        """Whole messages out of what has come; those that end others count at once."""
        options = self._server.options
        at, view = 0, bytes(self._in)
        while len(self._waiting) < options.waiting:
            size = ber.size_of(view[at : at + 8], options.max_message) if at < len(view) else None
            if size is None or at + size > len(view):
                break
            envelope = open_message(view[at : at + size])
            at += size
            if envelope.tag == _ABANDON:
                self._abandon(envelope)
            else:
                self._waiting.append(envelope)
        if at:
            del self._in[:at]

    def _abandon(self, envelope: Envelope) -> None:
        request = envelope.request()
        if isinstance(request, Abandon):
            if request.message_id == self._running:
                self._unwanted.add(self._running)
            waiting = [each for each in self._waiting if each.message_id == request.message_id]
            for each in waiting:
                self._waiting.remove(each)

    def _answer(self, envelope: Envelope) -> None:
        if envelope.tag == _UNBIND:
            self.session.leaving = True
            self.close()
        elif not dispatch.at_once(self.session, envelope):
            self._running = envelope.message_id
            self._task = asyncio.get_running_loop().create_task(self._run(envelope))

    async def _run(self, envelope: Envelope) -> None:
        try:
            await dispatch.run(self.session, envelope)
            await self.flush()
        except (ConnectionError, TimeoutError, TooManyRequests):
            self.abort()
        except asyncio.CancelledError:
            if self._transport is not None:
                raise
        except ber.Malformed:
            self.dismiss(responses.PROTOCOL_ERROR, "Not a message of LDAP")
        except Exception:
            log.exception("ldap_session_failed")
            self.abort()
        finally:
            self._task = None
            self._unwanted.discard(self._running)
            self._running = -1
            self._last = time.monotonic()
        if self.session.leaving:
            self.close()
        else:
            self._turn()

    def _pace(self) -> None:
        """Read no more than is answered; go on in another turn where something is left."""
        if self._transport is None or self._transport.is_closing():
            return
        full = len(self._waiting) >= self._server.options.waiting or len(self._in) > self._server.options.max_message
        if full and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        elif not full and self._paused:
            self._paused = False
            self._transport.resume_reading()
        if self._waiting and self._task is None and self._writable is None and not self._turn_asked:
            self._turn_asked = True
            asyncio.get_running_loop().call_soon(self._turn)


_ABANDON, _UNBIND = 0x50, 0x42
