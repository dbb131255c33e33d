"""The listeners of a protocol, and what their connections share."""

import asyncio
import contextlib
import ssl
import time
from asyncio import sslproto
from collections.abc import Coroutine
from typing import Any, Generic, Protocol, TypeVar

from chassis.part import Part
from chassis.sockets.connection import FAREWELL_SECONDS, SocketConnection
from chassis.sockets.tally import Tally

SWEEP_SECONDS = 1.0
BACKLOG = 1024


class Limits(Protocol):
    """What every protocol's options say of its connections. Seconds and numbers."""

    @property
    def stalled_seconds(self) -> float: ...
    @property
    def connections(self) -> int: ...
    @property
    def connections_per_address(self) -> int: ...


C = TypeVar("C", bound=SocketConnection)


class SocketServer(Part, Generic[C]):
    """Listens with STARTTLS on `listen`, and with TLS from the first octet on `listen_tls`; either may be None.

    asyncio gives each TLS connection of the process a buffer of `tls_buffer` octets for what comes in, and keeps it
    while the client idles: 256 KiB unless told.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        tls: ssl.SSLContext | None,
        listen: tuple[str, int] | None,
        listen_tls: tuple[str, int] | None,
        tls_buffer: int,
    ) -> None:
        self.tls = tls
        self.connections: set[C] = set()
        self.by_address = Tally()
        self._limits = limits
        self._listen, self._listen_tls, self._tls_buffer = listen, listen_tls, tls_buffer
        self._servers: list[asyncio.Server] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._empty = asyncio.Event()

    def connection(self, *, secure: bool) -> C:
        """A new client's."""
        raise NotImplementedError

    def watches(self) -> list[Coroutine[Any, Any, None]]:
        """What else runs as long as it listens."""
        return []

    async def start(self) -> None:
        sslproto.SSLProtocol.max_size = self._tls_buffer
        loop = asyncio.get_running_loop()
        try:
            if self._listen is not None:
                self._servers.append(
                    await loop.create_server(lambda: self.connection(secure=False), *self._listen, backlog=BACKLOG)
                )
            if self._listen_tls is not None and self.tls is not None:
                self._servers.append(
                    await loop.create_server(
                        lambda: self.connection(secure=True),
                        *self._listen_tls,
                        backlog=BACKLOG,
                        ssl=self.tls,
                        ssl_handshake_timeout=self._limits.stalled_seconds,
                        ssl_shutdown_timeout=FAREWELL_SECONDS,
                    )
                )
        except OSError:
            self._close_listeners()
            raise
        self._tasks = [asyncio.create_task(each) for each in (self._sweep(), *self.watches())]

    async def drain(self) -> None:
        self._close_listeners()
        for connection in list(self.connections):
            connection.restarting()
        if self.connections:
            self._empty.clear()
            await self._empty.wait()

    async def stop(self) -> None:
        self._close_listeners()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for connection in list(self.connections):
            connection.abort()

    def _close_listeners(self) -> None:
        for server in self._servers:
            server.close()
        self._servers = []

    @property
    def ports(self) -> list[int]:
        """Where it listens: plain first, then TLS."""
        return [int(server.sockets[0].getsockname()[1]) for server in self._servers]

    def count_in(self, connection: C) -> str:
        """A client has come; why it may not stay, when there are too many."""
        self.connections.add(connection)
        if self.by_address.add(connection.remote) > self._limits.connections_per_address:
            return "Too many connections from your address"
        if len(self.connections) > self._limits.connections:
            return "Too many connections"
        return ""

    def count_out(self, connection: C) -> bool:
        """A client has gone; False when that was known."""
        if connection not in self.connections:
            return False
        self.connections.discard(connection)
        self.by_address.remove(connection.remote)
        if not self.connections:
            self._empty.set()
        return True

    async def _sweep(self) -> None:
        """End what is overdue: one timer for all, so that an idle connection has none of its own."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for connection in list(self.connections):
                if connection.overdue(now):
                    connection.too_slow()
