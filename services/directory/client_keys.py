"""Public keys of clients: registered with them, or published by them at their `jwks_uri` (RFC 7517).

What a client publishes is fetched when it is first needed, kept, and fetched again when a token names a key that is
not among them: that is how keys turn. Nobody can make us fetch more often than once a minute for a client, nor more
than a few at once; a client whose server is away keeps the keys that were fetched last.
"""

import asyncio
import http.client
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from chassis import run_blocking
from services.directory.client_calls import ClientCalls
from services.directory.domain.clients import MAX_JWKS_OCTETS, Client, keys_in

log = structlog.get_logger(__name__)
FRESH_SECONDS = 3600.0
AGAIN_SECONDS = 60.0
# Longer than any outage of a client that still has to work, shorter than a key that was stolen may stay good.
STALE_SECONDS = 24 * 3600.0
AT_ONCE = 4
MOST = 2_000

Fetch = Callable[[str], Awaitable[str]]


class KeyFetching:
    """Reads a key set from a client's server, over TLS and from public addresses only."""

    def __init__(self, *, loopback: bool = False) -> None:
        self._calls = ClientCalls(loopback=loopback, public=True)

    async def fetch(self, uri: str) -> str:
        """Raises `OSError`, `HTTPException`, `ValueError` (also for more octets than a key set has)."""
        return str(await run_blocking(self._fetch, uri))

    def _fetch(self, uri: str) -> str:
        wanted = {"Accept": "application/jwk-set+json, application/json"}
        with self._calls.answered("GET", uri, wanted) as answer:
            octets = answer.read(MAX_JWKS_OCTETS + 1)
            if answer.status != 200 or len(octets) > MAX_JWKS_OCTETS:
                raise ValueError(f"status {answer.status}, {len(octets)} octets")
            return octets.decode("utf-8")


@dataclass
class _Kept:
    uri: str
    keys: list[dict[str, Any]] = field(default_factory=list)
    read_at: float = float("-inf")
    tried_at: float = float("-inf")
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def has(self, kid: object) -> bool:
        return bool(self.keys) and (kid is None or any(key.get("kid") == kid for key in self.keys))


class ClientKeys:
    """The public keys of any client."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def of(self, client: Client, kid: object) -> list[dict[str, Any]]:
        """JSON Web Keys with which a token of this `kid` may be signed; none where there are none to be had."""
        if not client.jwks_uri:
            return client.public_keys()
        kept = self._entry(client)
        if not self._fresh(kept, kid):
            async with kept.asking:
                # Whoever waited has what the one before has fetched.
                if not self._fresh(kept, kid) and self._clock() - kept.tried_at >= AGAIN_SECONDS:
                    await self._read(client, kept)
        return kept.keys if self._clock() - kept.read_at < STALE_SECONDS else []

    def _fresh(self, kept: _Kept, kid: object) -> bool:
        return kept.has(kid) and self._clock() - kept.read_at < FRESH_SECONDS

    def _entry(self, client: Client) -> _Kept:
        kept = self._kept.get(client.id)
        if kept is None or kept.uri != client.jwks_uri:
            kept = self._kept[client.id] = _Kept(client.jwks_uri)
        self._kept.move_to_end(client.id)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept

    async def _read(self, client: Client, kept: _Kept) -> None:
        kept.tried_at = self._clock()
        try:
            async with self._at_once:
                keys = keys_in(await self._fetch(kept.uri))
        except (OSError, http.client.HTTPException, ValueError) as error:
            log.warning("client_keys_not_read", client=client.id, uri=kept.uri, error=f"{error}"[:200])
            return
        kept.keys, kept.read_at = keys, self._clock()
