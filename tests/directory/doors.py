"""The gateway before a directory under test: the same door that HTTP clients have."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx

from chassis.identity import Revocations, TokenVerifier
from chassis.rpc import RpcClient
from deploy.local.certificates import Authority
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings
from gateway.upstreams import CONTRACTS, services
from tests.directory.conftest import Stack


@asynccontextmanager
async def gateway_of(stack: Stack, authority: Authority, **given: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway before this directory; mail is away."""
    own = authority.of("gateway")
    settings = Settings(
        tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2,
        http_listen="127.0.0.1:0", account_rate=100_000, address_rate=100_000, login_rate=100_000,
        credential_rate=100_000, reset_rate=100_000, **given,
    )  # fmt: skip
    clients = {
        name: RpcClient(settings, name, f"127.0.0.1:{stack.server.port if name == 'directory' else 9}", services(name))
        for name in CONTRACTS
    }

    async def none(_since: datetime | None) -> list[object]:
        return []

    async def keys() -> list[dict[str, str]]:
        return [
            {"kid": key.kid, "kty": "OKP", "crv": "Ed25519", "x": key.x} for key in await stack.directory.keys.all()
        ]

    revocations = Revocations(none)
    channels = {name: client.channel for name, client in clients.items()}
    verifier = TokenVerifier(keys, revocations)
    server = HttpServer(settings, lambda: build_app(settings, channels, verifier, revocations, Silent()))
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as client:
        yield client
    await server.drain()
    await server.stop()
    for part in clients.values():
        await part.stop()


class Silent:
    """No live events."""

    def listen(self, account_id: str, heard: object) -> object:
        return lambda: None
