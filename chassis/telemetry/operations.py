"""The operations endpoint of a process: `/livez`, `/readyz`, `/metrics`.

Written on asyncio's own server, because it runs in workers on eventlet's hub too, where no ASGI server does.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Ready = Callable[[], Awaitable[dict[str, bool]]]
_READ_SECONDS = 5
_PROBE_SECONDS = 3
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


class OperationsEndpoint:
    """Answers probes and Prometheus; `ready` gives each part's state, all of which must be true."""

    def __init__(self, host: str, port: int, ready: Ready) -> None:
        self._host = host
        self._port = port
        self._ready = ready
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port in use, known once started."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else self._port

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=8192)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _READ_SECONDS)
            status, kind, body = await self._answer(head.split(b"\r\n", 1)[0].decode("latin-1").split(" "))
            writer.write(
                f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n".encode("latin-1")
                + body
            )
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, request: list[str]) -> tuple[int, str, bytes]:
        if len(request) != 3:
            return 400, "text/plain", b"bad request\n"
        method, target, _ = request
        if method != "GET":
            return 405, "text/plain", b"GET only\n"
        path = target.split("?", 1)[0]
        if path == "/livez":
            return 200, "text/plain", b"ok\n"
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest()
        if path != "/readyz":
            return 404, "text/plain", b"not found\n"
        try:
            parts = await asyncio.wait_for(self._ready(), _PROBE_SECONDS)
        except TimeoutError:
            parts = {"process": False}
        return (200 if all(parts.values()) else 503), "application/json", json.dumps(parts).encode()
