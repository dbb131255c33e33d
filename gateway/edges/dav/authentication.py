"""Who asks by WebDAV: an app password by Basic (RFC 7617), or a token by Bearer (RFC 6750).

A client sends its password with every request, and many requests at once. A right one is changed for a token of
directory's, which is kept under an HMAC of the password and used until it is about to expire or its password is
revoked; directory is asked for each password once in some minutes. Wrong ones are never kept: directory counts them.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chassis.errors import Unauthenticated
from chassis.identity import Identity
from gateway.edge.access import Access
from gateway.edge.exchange import Exchange

CHALLENGES = ('Basic realm="workspace", charset="UTF-8"', 'Bearer realm="workspace"')
# A password is proven anew after so long at the latest, whatever its token would allow.
KEPT_SECONDS = 300.0
# Before a token expires: a request that begins with it has to end with it.
EARLY_SECONDS = 60.0
MOST = 50_000
MAX_CREDENTIALS = 2048

# A password for a token and its seconds: address, password, remote address.
Exchanged = Callable[[str, str, str], Awaitable[tuple[str, float]]]


@dataclass(frozen=True)
class _Kept:
    token: str
    until: float


def basic(authorization: str) -> tuple[str, str]:
    """Address and password of an Authorization header field. Raises `Unauthenticated`."""
    _, _, encoded = authorization.partition(" ")
    if len(encoded) > MAX_CREDENTIALS:
        raise Unauthenticated("The credentials are too long")
    try:
        address, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("The credentials cannot be read") from None
    if not colon or not address or not password:
        raise Unauthenticated("An address and a password are needed")
    return address, password


class Authentication:
    """Admits a request, or asks for credentials."""

    def __init__(self, access: Access, exchanged: Exchanged, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._exchanged = exchanged
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[_Kept]] = {}

    async def admit(self, exchange: Exchange, authorization: str | None) -> Identity:
        """Raises `Unauthenticated`, `TooManyRequests`, `Unavailable`."""
        scheme = (authorization or "").partition(" ")[0].lower()
        if scheme != "basic":
            return await self._access.admit(exchange, authorization)
        try:
            address, password = basic(authorization or "")
        except Unauthenticated:
            self._access.admit_anybody(exchange)
            raise
        key = self._name(address, password)
        identity = await self._known(key)
        if identity is None:
            identity = await self._proven(exchange, key, address, password)
        self._access.count(exchange, identity)
        return identity

    async def _known(self, key: bytes) -> Identity | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until > self._clock():
            try:
                return await self._access.identity(kept.token)
            except Unauthenticated:
                # Revoked meanwhile: what it stood on has to be proven again.
                pass
        self._kept.pop(key, None)
        return None

    async def _proven(self, exchange: Exchange, key: bytes, address: str, password: str) -> Identity:
        self._access.admit_guess(exchange, address)
        asking = self._asking.get(key)
        if asking is None:
            # Requests that come together are one question; a client that goes away leaves it to the others.
            asking = asyncio.create_task(self._ask(key, address, password, exchange.remote_address))
            self._asking[key] = asking
            asking.add_done_callback(lambda done: self._asked(key, done))
        kept = await asyncio.shield(asking)
        return await self._access.identity(kept.token)

    def _asked(self, key: bytes, done: "asyncio.Task[_Kept]") -> None:
        self._asking.pop(key, None)
        if not done.cancelled():
            # Looked at here, for whoever waited may have gone.
            done.exception()

    async def _ask(self, key: bytes, address: str, password: str, remote: str) -> _Kept:
        token, seconds = await self._exchanged(address, password, remote)
        kept = _Kept(token, self._clock() + min(KEPT_SECONDS, seconds - EARLY_SECONDS))
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept

    def _name(self, address: str, password: str) -> bytes:
        said = f"{address.strip().lower()}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, hashlib.sha256)
