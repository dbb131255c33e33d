"""One connection: aiosmtpd's protocol with its own reading, replying and limits.

What aiosmtpd keeps: the life of a protocol and its transport, and the switch to TLS. What is done anew here, since it
is wrong or slow there: it takes bare LF for a command's end, buffers whole messages line by line, pauses its transport
each two kilobytes, drops a transaction when the peer half-closes, and has no limits but on the number of commands.
"""

import asyncio
import base64
import contextlib
import ssl
import time
from asyncio import sslproto
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from aiosmtpd.smtp import SMTP

from chassis.identity import Identity
from chassis.ids import new_id
from chassis.telemetry import server_span
from services.mail.smtp.codec.head import Head
from services.mail.smtp.codec.reply import Refused, reply
from services.mail.smtp.codec.trace import Transit, protocol_name
from services.mail.smtp.gate import Gate
from services.mail.smtp.input import Closed, Input
from services.mail.smtp.policy import Envelope, Incoming, Options, Policy

log = structlog.get_logger(__name__)
HANDSHAKE_SECONDS = 30
LINGER_SECONDS = 1
LINGER_OCTETS = 4 * 1024 * 1024

# A whole conversation, over one connection.
Converse = Callable[["Connection"], Awaitable[None]]


class Transfer(Protocol):
    """A message that comes in chunks, between its first and its last."""

    @property
    def refused(self) -> Refused | None: ...
    async def feed(self, octets: bytes) -> None: ...
    async def finish(self) -> bytes: ...
    async def cancel(self) -> None: ...


class Connection(SMTP):
    """State of a session, and what its commands do with the peer."""

    def __init__(
        self, policy: Policy, options: Options, gate: Gate, converse: Converse, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(object(), hostname=options.host, tls_context=tls, loop=asyncio.get_running_loop())
        self.policy = policy
        self.options = options
        self.gate = gate
        self.remote = ""
        self.helo = ""
        self.extended = False
        self.identity: Identity | None = None
        self.transaction = Envelope()
        self.transfer: Transfer | None = None
        self.closing = False
        self.errors = self.failed_logins = self.overshoot = 0
        self.until = time.monotonic() + options.session_seconds
        self.input = Input(self.flush)
        self.wire: Any = None
        self._converse = converse
        self._tls = tls
        self._out = bytearray()
        self._deadline = 0.0
        self._message_began = 0.0

    # The protocol, as the event loop calls it.

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.wire = transport
        self.remote = str((transport.get_extra_info("peername") or ("",))[0])
        self.input.attach(transport)

    def data_received(self, data: bytes) -> None:
        self.input.feed(data)

    def eof_received(self) -> bool:
        """The peer may have sent its last command and still wait for the answer."""
        self.input.end()
        return self._tls_protocol is None

    def connection_lost(self, error: Exception | None) -> None:
        """What is being delivered is finished: nobody hears of it, but its repeat makes no second copy."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if self._original_transport is not None:
            self._original_transport.close()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None
        self.input.end()
        self.gate.forget(self)

    async def _handle_client(self) -> None:
        await self._converse(self)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Put the deadline off; the timer itself is only armed when it runs out."""
        now = self.loop.time()
        self._deadline = now + (duration or self.options.command_seconds)
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_at(self._deadline, self._timeout_cb)

    def _timeout_cb(self) -> None:
        left = self._deadline - self.loop.time()
        if left > 0 or not self.input.waiting:
            # Our own slowness is not the peer's.
            self._timeout_handle = self.loop.call_later(max(left, 1.0), self._timeout_cb)
        else:
            self.end_with(421, "4.4.2", "Timeout")

    # What commands use.

    @property
    def idle(self) -> bool:
        """Whether the peer could be sent away without losing anything under way."""
        return self.input.waiting and self.transaction.sender is None

    @property
    def secure(self) -> bool:
        return self._tls_protocol is not None

    @property
    def starttls_offered(self) -> bool:
        return self._tls is not None and not self.secure

    @property
    def login_offered(self) -> bool:
        return self.policy.authenticator is not None and (self.secure or self.options.plain_login)

    def want_helo(self) -> None:
        if not self.helo:
            raise Refused(503, "5.5.1", "Say EHLO first")

    def want_sender(self) -> None:
        self.want_helo()
        if self.transaction.sender is None:
            raise Refused(503, "5.5.1", "MAIL first")

    def want_recipients(self) -> None:
        self.want_sender()
        if not self.transaction.recipients:
            raise Refused(554, "5.5.1", "No valid recipients")

    def want_fresh(self) -> None:
        """Who logged in long ago, or was admitted long ago, has to come again."""
        if time.monotonic() > self.until:
            raise Refused(421, "4.7.0", "Connected for too long; come again", closing=True)

    def write(self, octets: bytes) -> None:
        """Queue a reply; it leaves when the next command has to be waited for (RFC 2920 §3.2)."""
        self._out += octets

    def reply(self, code: int, status: str, text: str) -> None:
        self.write(reply(code, status, text))

    async def flush(self) -> None:
        """Send what is queued. Raises `Closed`."""
        if not self._out:
            return
        if self.transport is None or self.transport.is_closing():
            raise Closed
        self._writer.write(bytes(self._out))
        self._out.clear()
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise Closed from error

    async def linger(self) -> None:
        """Let the last reply arrive: closing while the peer still sends would reset the connection before it reads."""
        if self.transport is None or not self.wire.can_write_eof():
            return
        self.wire.write_eof()
        left = LINGER_OCTETS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while left > 0:
                    left -= len(await self.input.some())

    def end_with(self, code: int, status: str, text: str) -> None:
        """Say why, and end: for whoever is not at their turn to speak."""
        if self.transport is not None and not self.closing:
            self.wire.write(bytes(self._out) + reply(code, status, text))
            self._out.clear()
            self.wire.close()
        self.closing = True
        self.input.end()

    async def line(self, limit: int) -> bytes:
        self._reset_timeout()
        return await self.input.line(limit)

    async def octets(self, limit: int = 256 * 1024) -> bytes:
        """Octets of a message. Raises `Closed`, `Refused` when the whole takes too long."""
        if self._message_began and self.loop.time() - self._message_began > self.options.message_seconds:
            raise Refused(421, "4.4.2", "The message takes too long", closing=True)
        self._reset_timeout(self.options.data_seconds)
        return await self.input.some(limit)

    def give_back(self, octets: bytes) -> None:
        self.input.give_back(octets)

    async def challenge(self, challenge: bytes, limit: int) -> bytes:
        """A round of SASL."""
        self.write(b"334 " + base64.b64encode(challenge) + b"\r\n")
        return await self.line(limit)

    def for_each(self, refused: Refused, recipients: int) -> bytes:
        """What is answered when a message is not taken: by LMTP, that it is refused to each of its recipients (RFC 2033
        §4.2). Raises `Refused` where one reply is due."""
        if not self.options.lmtp or refused.closing:
            raise refused
        return refused.line * recipients

    def forget(self) -> None:
        """The transaction is over."""
        self.transaction = Envelope()
        self.overshoot = 0

    async def reset(self) -> None:
        """The transaction is given up."""
        if self.transfer is not None:
            transfer, self.transfer = self.transfer, None
            await transfer.cancel()
        self.forget()

    async def start_tls(self) -> None:
        """Answer 220, then speak TLS. What came in the clear after the command is never looked at (RFC 3207 §4.2)."""
        await self.reset()
        self.input.clear()
        self.reply(220, "2.0.0", "Go ahead")
        await self.flush()
        if self._tls is None:
            raise Closed
        done = self.loop.create_future()
        plain = self._original_transport = self.wire
        layer = self._tls_protocol = sslproto.SSLProtocol(self.loop, self, self._tls, done, server_side=True)
        plain.set_protocol(layer)
        self.transport = layer._app_transport
        layer.connection_made(plain)
        try:
            await asyncio.wait_for(done, HANDSHAKE_SECONDS)
        except (TimeoutError, OSError) as error:
            plain.abort()
            raise Closed from error
        self.helo, self.identity = "", None

    @contextlib.asynccontextmanager
    async def message_slot(self) -> AsyncIterator[None]:
        """Room for one more message. Raises `Refused` (451) when there are as many as this process bears."""
        with self.gate.message():
            self._message_began = self.loop.time()
            try:
                yield
            finally:
                self._message_began = 0.0

    async def accept(self, chunks: AsyncIterable[bytes], head: Head) -> bytes:
        """Take a message; the transaction is over then. The replies. Raises `Refused`.

        One line of log tells of it, without addresses: the id stands in the Received field.
        """
        envelope = self.transaction
        transit = Transit(
            id=new_id(),
            helo=self.helo,
            peer=self.remote,
            host=self.options.host,
            protocol=protocol_name(
                extended=self.extended,
                tls=self.secure,
                authenticated=self.identity is not None,
                lmtp=self.options.lmtp,
                utf8=envelope.utf8,
            ),
            at=datetime.now(UTC),
        )
        try:
            with server_span("smtp.message", id=transit.id, recipients=len(envelope.recipients)):
                account = self.identity.account_id if self.identity else ""
                told = log.bind(id=transit.id, peer=self.remote, account=account, recipients=len(envelope.recipients))
                try:
                    taken = await self.policy.accept(
                        envelope, Incoming(chunks, head, transit, envelope.binary), self.identity
                    )
                except Refused as refused:
                    told.info("message_refused", reply=f"{refused.code} {refused.status}")
                    raise
                told.info("message_accepted")
                return taken
        finally:
            self.forget()
