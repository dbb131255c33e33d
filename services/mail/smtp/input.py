"""What the peer sends, as it comes: lines for commands, octets for messages, and no more of it than we can take."""

import asyncio
from collections.abc import Awaitable, Callable

# Beyond this the transport is paused until half of it is taken.
HIGH_WATER = 256 * 1024


class Closed(Exception):
    """The peer is gone."""


class BareLineFeed(Exception):
    """A command line that ends with LF alone: nothing after it can be trusted to be a command."""


class LineTooLong(Exception):
    """Dropped up to its end."""


class Input:
    """The octets received and not yet taken. `idle` runs before each wait: it sends the replies that are due."""

    def __init__(self, idle: Callable[[], Awaitable[None]]) -> None:
        self._idle = idle
        self._octets = bytearray()
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.ReadTransport | None = None
        self._paused = False

    def attach(self, transport: asyncio.ReadTransport) -> None:
        """Read from this transport from now on; what came before it is gone (RFC 3207 §4.2)."""
        self._transport = transport
        self._octets.clear()
        self._paused = False

    def feed(self, data: bytes) -> None:
        self._octets += data
        if len(self._octets) > HIGH_WATER and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True
        self._wake()

    def end(self) -> None:
        self._ended = True
        self._wake()

    def clear(self) -> None:
        """Forget what came."""
        self._octets.clear()
        self._resume()

    def give_back(self, data: bytes) -> None:
        """What follows what was taken."""
        self._octets[:0] = data

    @property
    def waiting(self) -> bool:
        """Whether it is the peer's turn."""
        return self._waiter is not None

    async def line(self, limit: int) -> bytes:
        """The next line without its CRLF. Raises `Closed`, `BareLineFeed`, `LineTooLong`."""
        dropped = 0
        looked = 0
        while (end := self._octets.find(b"\n", looked)) < 0:
            looked = len(self._octets)
            if looked > limit:
                dropped += looked
                if dropped > HIGH_WATER:
                    raise Closed
                self._octets.clear()
                looked = 0
            await self._wait()
        line = bytes(self._octets[: end + 1])
        del self._octets[: end + 1]
        self._resume()
        if dropped or len(line) > limit + 2:
            raise LineTooLong
        if not line.endswith(b"\r\n"):
            raise BareLineFeed
        return line[:-2]

    async def some(self, limit: int = HIGH_WATER) -> bytes:
        """What there is, at most `limit` octets; waits for the first. Raises `Closed`."""
        while not self._octets:
            await self._wait()
        data = bytes(self._octets[:limit])
        del self._octets[:limit]
        self._resume()
        return data

    async def _wait(self) -> None:
        if self._ended:
            raise Closed
        await self._idle()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _resume(self) -> None:
        if self._paused and len(self._octets) <= HIGH_WATER // 2 and self._transport is not None:
            self._transport.resume_reading()
            self._paused = False
