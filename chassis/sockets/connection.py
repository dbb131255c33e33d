"""One client's connection: octets out, TLS, and since when it lets us wait."""

import asyncio
import ssl
import time
from typing import cast

# Octets that wait to be sent before we wait for the client.
MOST_QUEUED = 64 * 1024
# How long a client has to answer the end of TLS: one that has gone away holds up no restart.
FAREWELL_SECONDS = 5.0


class SocketConnection(asyncio.Protocol):
    """A protocol builds upon it what it reads. It has no task of its own: an idle one costs no more than its state."""

    __slots__ = ("_blocked", "_last", "_out", "_transport", "_writable", "began", "remote", "secure")

    def __init__(self, *, secure: bool) -> None:
        self._out = bytearray()
        self._transport: asyncio.Transport | None = None
        self._writable: asyncio.Future[None] | None = None
        self._blocked = 0.0
        self.began = self._last = time.monotonic()
        self.remote = ""
        self.secure = secure

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MOST_QUEUED)
        peer = transport.get_extra_info("peername")
        self.remote = str(peer[0]) if peer else ""

    def pause_writing(self) -> None:
        self._blocked = time.monotonic()
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        self._blocked = 0.0
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None

    @property
    def pending(self) -> int:
        """Octets that are queued."""
        return len(self._out)

    def write(self, data: bytes) -> None:
        """Queue octets; `flush` sends them."""
        self._out += data

    def send(self) -> None:
        """What is queued goes out, without waiting for a client that does not read."""
        if self._out and self._transport is not None:
            self._transport.write(bytes(self._out))
            self._out.clear()

    async def flush(self) -> None:
        """Send what is queued; wait while the client does not read, and let other connections have their turn.

        Raises `ConnectionResetError`.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        self.send()
        if self._writable is not None:
            await asyncio.shield(self._writable)
        else:
            await asyncio.sleep(0)

    async def encrypt(self, tls: ssl.SSLContext | None, seconds: float) -> None:
        """Speak TLS from now on. Who read in the clear has to forget it first. Raises `ConnectionResetError`."""
        if self._transport is None or tls is None:
            raise ConnectionResetError
        self.send()
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(
                self._transport,
                self,
                tls,
                server_side=True,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=FAREWELL_SECONDS,
            )
        except (OSError, ssl.SSLError) as error:
            self.abort()
            raise ConnectionResetError from error
        if transport is None:
            raise ConnectionResetError
        self._transport = transport
        self._transport.set_write_buffer_limits(high=MOST_QUEUED)
        self.secure = True

    def close(self) -> None:
        """Send what is queued and end."""
        if self._transport is not None:
            self.send()
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What a protocol adds for its server

    def overdue(self, now: float) -> bool:
        """Whether the client has let a deadline pass."""
        raise NotImplementedError

    def restarting(self) -> None:
        """Tell the client to come back, and hang up: at once, or after what it is being answered."""
        raise NotImplementedError

    def too_slow(self) -> None:
        """Tell the client why, and hang up; when it has been told, without a word."""
        raise NotImplementedError
