"""The HTTP server: uvicorn as a part of our process, with bounds that it does not have."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.part import Part
from chassis.settings import host_port
from gateway.edge.certificates import CERTIFICATE, PEER
from gateway.settings import Settings

HEAD_OCTETS = 32 * 1024
HEAD_SECONDS = 15.0
# Messages from clients are tokens.
SOCKET_OCTETS = 16 * 1024
_REFUSED = b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """Request lines and header fields of bounded size and duration: llhttp bounds neither."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._head = 0
        self._slow: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        encrypted = transport.get_extra_info("ssl_object")
        # Only one whose issuer the handshake has checked is given out here.
        self._certificate = (encrypted.getpeercert(binary_form=True) or b"") if encrypted is not None else b""
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_complete()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._slow is None:
            super().data_received(data)
            return
        self._head += len(data)
        super().data_received(data)
        # Read only while the head goes on: what came behind it is body.
        if self._slow is not None and self._head > HEAD_OCTETS and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        if self._slow is None:
            self._expect_head()
        super().on_message_begin()
        scope: dict[str, Any] = cast("dict[str, Any]", self.scope)
        scope[PEER] = self.client[0] if self.client else ""
        scope[CERTIFICATE] = self._certificate

    def on_headers_complete(self) -> None:
        self._head_complete()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head = 0
        self._slow = self.loop.call_later(HEAD_SECONDS, self._refuse, b"408 Request Timeout")

    def _head_complete(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _refuse(self, status: bytes) -> None:
        self._head_complete()
        if not self.transport.is_closing():
            self.transport.write(_REFUSED % status)
            self.transport.close()


class _Server(uvicorn.Server):
    """Signals are the process' own business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer(Part):
    """Listens when everything it serves is there."""

    name = "http"

    def __init__(self, settings: Settings, app: Callable[[], ASGIApp]) -> None:
        self._settings = settings
        self._app = app
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        listener = _listener(*host_port(self._settings.http_listen))
        self.port = listener.getsockname()[1]
        server = _Server(self._config())
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            if serving.done():
                listener.close()
                serving.result()
            await asyncio.sleep(0.005)
        self._server, self._serving = server, serving

    def _config(self) -> uvicorn.Config:
        settings = self._settings
        config = uvicorn.Config(
            self._app(),
            http=BoundedHttp,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_keep_alive=75,
            timeout_graceful_shutdown=max(1, int(settings.drain_seconds) - 1),
            ws_max_size=SOCKET_OCTETS,
            ws_max_queue=8,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            ws_per_message_deflate=False,
        )
        config.load()
        if settings.http_certificate is not None and settings.http_key is not None:
            config.ssl = _public_context(settings)
        return config

    async def ready(self) -> bool:
        return self._serving is not None and not self._serving.done()

    async def drain(self) -> None:
        """Take no new connection; requests under way are answered, sockets are told to come back elsewhere."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving

    async def stop(self) -> None:
        if self._serving is not None and not self._serving.done():
            self._serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving
        self._server = self._serving = None


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # asyncio sets it only where it chose the protocol itself; without it a body that follows its head waits 40 ms for
    # the client's delayed acknowledgement (RFC 9293 §3.7.4). What is accepted inherits it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _public_context(settings: Settings) -> ssl.SSLContext:
    from chassis.tls import public_context

    if settings.http_certificate is None or settings.http_key is None:
        raise ValueError("a certificate and its key are needed")
    context = public_context(settings.http_certificate, settings.http_key)
    if settings.http_client_authorities is not None:
        context.load_verify_locations(settings.http_client_authorities)
        # A browser has none; a certificate of another authority ends the handshake.
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
