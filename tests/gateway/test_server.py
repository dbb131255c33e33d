"""The HTTP server as a part of a process: TLS, draining, and what a proxy may say."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.certificates import Authority
from gateway.edge import exchange
from gateway.edge.certificates import ClientCertificates
from gateway.edge.exchange import Exchanges
from gateway.edge.streamed import Streamed
from gateway.server import HttpServer
from gateway.settings import Settings


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Where the request came from, after as long as it asks for."""
    request = Request(scope, receive)
    await asyncio.sleep(float(request.query_params.get("wait", "0")))
    await PlainTextResponse(f"{scope['scheme']} {request.client.host if request.client else ''}")(scope, receive, send)


@asynccontextmanager
async def serving(app: ASGIApp = answer, **settings: Any) -> AsyncIterator[HttpServer]:
    server = HttpServer(Settings(http_listen="127.0.0.1:0", drain_seconds=3, **settings), lambda: app)
    await server.start()
    yield server
    await server.drain()
    await server.stop()


async def test_it_speaks_tls_with_its_own_certificate(authority: Authority) -> None:
    own = authority.of("localhost")
    async with serving(http_certificate=own.certificate, http_key=own.key) as server:
        async with httpx.AsyncClient(verify=False) as client:
            got = await client.get(f"https://localhost:{server.port}/")
            assert got.status_code == 200
        with pytest.raises(httpx.HTTPError):
            await httpx.AsyncClient().get(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize(("trusted", "seen"), [((), "127.0.0.1"), (("127.0.0.1",), "192.0.2.7")])
async def test_only_a_trusted_proxy_says_where_a_request_comes_from(trusted: tuple[str, ...], seen: str) -> None:
    async with serving(trusted_proxies=trusted) as server, httpx.AsyncClient() as client:
        forged = {"x-forwarded-for": "198.51.100.9, 192.0.2.7"}
        got = await client.get(f"http://127.0.0.1:{server.port}/", headers=forged)
        assert got.text.split()[1] == seen


async def test_draining_answers_what_is_under_way_and_takes_nothing_new(eventually: Callable[..., Any]) -> None:
    async with serving() as server, httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{server.port}/"
        slow = asyncio.create_task(client.get(f"{url}?wait=0.5"))
        await asyncio.sleep(0.1)
        draining = asyncio.create_task(server.drain())
        await asyncio.sleep(0.2)
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient() as other:
                await other.get(url)
        assert (await slow).status_code == 200
        await draining
        assert not await server.ready()


async def test_an_answer_does_not_wait_for_the_clients_acknowledgement() -> None:
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        accepted = [each.transport.get_extra_info("socket") for each in server._server.server_state.connections]
        assert [bool(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) for each in accepted] == [True]
        writer.close()


async def test_a_client_that_takes_nothing_of_its_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "STALL_SECONDS", 0.3)
    ended = asyncio.Event()

    async def endless() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield bytes(65_536)
        finally:
            ended.set()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Streamed(endless())(scope, receive, send)

    with structlog.testing.capture_logs() as logged:
        async with serving(Exchanges(app, 10, ClientCertificates("", ()))) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            async with asyncio.timeout(10):
                await ended.wait()
            writer.transport.abort()
    assert [each["reason"] for each in logged if each["event"] == "request"] == ["client_stalled"]
