"""The relay, and remote servers to begin."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from deploy.local.certificates import Authority
from deploy.local.standins import free_port
from services.mail.relay.route import Server
from services.mail.relay.transmit import Timeouts
from services.mail.store.queue import Queue
from tests.mail.relay.post import Post, Refusing, Remote, RemoteOf, Routes


@pytest.fixture
async def post(house: Any) -> AsyncIterator[Post]:
    made = Post(house, Queue(house.database, house.clock), Routes(), Timeouts(connect=2, command=2, piece=2, end=2))
    yield made
    for relay in made.relays:
        await relay.stop()


@pytest.fixture
async def remote_of(authority: Authority) -> AsyncIterator[RemoteOf]:
    servers: list[asyncio.Server] = []

    async def begin(
        *,
        starttls: bool = False,
        tls: ssl.SSLContext | None = None,
        login: tuple[bytes, bytes] | None = None,
        **behaviour: Any,
    ) -> Remote:
        remote = Remote(**behaviour)
        context = tls
        if starttls:
            own = authority.of("localhost")
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(own.certificate, own.key)
        loop = asyncio.get_running_loop()

        def connection() -> asyncio.Protocol:
            remote.connections += 1
            if remote.connection:
                return Refusing(remote.connection)
            return SMTP(
                remote,
                hostname="mx.example.org",
                tls_context=context,
                loop=loop,
                auth_required=login is not None,
                auth_require_tls=False,
                auth_callback=lambda _, user, password: (user, password) == login,
            )

        servers.append(await loop.create_server(connection, "127.0.0.1", 0))
        remote.port = servers[-1].sockets[0].getsockname()[1]
        return remote

    yield begin
    for server in servers:
        server.close()


@pytest.fixture
def nobody() -> Server:
    """A server that refuses connections."""
    return Server("127.0.0.1", free_port(), "gone.example.org")
