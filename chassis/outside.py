"""What is fetched from the web because somebody asked for it: a letter's images, another office's calendar.

Others choose what is fetched, from within the platform's network. So only addresses that the whole internet routes are
connected to, each looked at once and then connected to itself, whatever DNS says a moment later; redirects go the same
way again. Nothing of whoever asked travels: no cookie, no referrer, no address.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from string import punctuation
from typing import Any, Protocol
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from chassis import public_address
from chassis.errors import PreconditionFailed, TooLarge, Unavailable

MOST_REDIRECTS = 3
SECONDS, CONNECT_SECONDS = 12.0, 5.0
PORTS = {"http": 80, "https": 443}
_ALWAYS = {"User-Agent": "Mozilla/5.0", "Accept-Encoding": "identity", "Connection": "close"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Allowed = Callable[[_Address, int], bool]


class Names(Protocol):
    """DNS: `chassis.resolver.Resolver`."""

    async def ask(self, name: str, kind: str) -> list[Any] | None:
        """Records of A or AAAA, as texts; None when it could not be asked."""
        ...


def is_public(address: _Address, port: int) -> bool:
    """Whether it is an address of the whole internet, and a port of the web."""
    return public_address.is_public(str(address)) and port in PORTS.values()


class Outside:
    """Fetches by our own DNS, over TLS with the system's authorities. `seconds` are for all of it, the body too."""

    def __init__(self, names: Names, allowed: Allowed = is_public, *, at_once: int = 20, seconds: float = 0) -> None:
        self._backend = _Backend(names, allowed)
        self._free = asyncio.Semaphore(at_once)
        self._seconds = seconds or SECONDS

    async def refuse_inside(self, url: str) -> None:
        """Look at where a URL leads before anything is made of it; `get` looks again, whatever DNS says by then. What
        cannot be looked up now is not refused. Raises `PreconditionFailed` for what is not to be reached from here."""
        parts = urlsplit(checked(url))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._backend.allowed(parts.hostname or "", parts.port or PORTS[parts.scheme])
        except (Unavailable, TimeoutError):
            return

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[httpcore.Response]:
        """The last answer, redirects followed, with its body still to be read (`body`).

        Raises `PreconditionFailed` for what is not to be reached from here, `Unavailable` when nobody answers, or not
        in time.
        """
        try:
            async with asyncio.timeout(self._seconds), self._free:
                for _ in range(MOST_REDIRECTS + 1):
                    async with self._answered(checked(url), headers) as response:
                        if response.status not in _REDIRECTS:
                            yield response
                            return
                        url = urljoin(url, field(response, b"location"))
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, TimeoutError, OSError):
            raise Unavailable("The server does not answer") from None
        raise PreconditionFailed("The server sends from place to place")

    @asynccontextmanager
    async def _answered(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[httpcore.Response]:
        """Without a pool of connections, so that nothing is shared between one's servers and another's."""
        pool = httpcore.AsyncConnectionPool(
            ssl_context=_authorities(), network_backend=self._backend, max_connections=1, retries=0
        )
        limit = self._seconds
        timeouts = {"connect": CONNECT_SECONDS, "read": limit, "write": CONNECT_SECONDS, "pool": limit}
        said = list({**_ALWAYS, **headers}.items())
        async with pool, pool.stream("GET", url, headers=said, extensions={"timeout": timeouts}) as response:
            yield response


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was looked at."""

    def __init__(self, names: Names, allowed: Allowed) -> None:
        self._names, self._allowed = names, allowed
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *rest: Any, **others: Any) -> httpcore.AsyncNetworkStream:
        addresses = await self.allowed(host, port)
        return await self._sockets.connect_tcp(str(addresses[0]), port, *rest, **others)

    async def allowed(self, host: str, port: int) -> list[_Address]:
        """Where a name leads. Raises `PreconditionFailed`, `Unavailable`."""
        addresses = await self._addresses(host)
        if not addresses or not all(self._allowed(address, port) for address in addresses):
            # One of several that is our own is enough: who answers so means nothing good.
            raise PreconditionFailed("It is at no address of the internet")
        return addresses

    async def _addresses(self, host: str) -> list[_Address]:
        try:
            return [ipaddress.ip_address(host.strip("[]").partition("%")[0])]
        except ValueError:
            pass
        answers = await asyncio.gather(*(self._names.ask(host, kind) for kind in ("A", "AAAA")))
        if all(answer is None for answer in answers):
            raise Unavailable("The server cannot be looked up")
        return [ipaddress.ip_address(each) for answer in answers for each in answer or ()]

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def body(response: httpcore.Response, most: int) -> bytes:
    """All of it. Raises `TooLarge` beyond `most` octets, `PreconditionFailed` for what is packed though we take
    nothing packed: what is packed small may be large."""
    if field(response, b"content-encoding").lower() not in ("", "identity"):
        raise PreconditionFailed("The server sends it packed")
    octets = bytearray()
    async for piece in response.aiter_stream():
        octets += piece
        if len(octets) > most:
            raise TooLarge(f"At most {most} octets are taken")
    return bytes(octets)


def checked(url: str) -> str:
    """As it is asked for. Raises `PreconditionFailed` for what is no plain URL of the web."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in PORTS and parts.hostname and not parts.username and not parts.password
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        sound = False
    if not sound or len(url) > 4000:
        raise PreconditionFailed("Not an address of the web")
    host = f"[{host}]" if ":" in host else host
    path = quote(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", safe=punctuation)
    return f"{parts.scheme}://{host}{port}{path}"


def field(response: httpcore.Response, name: bytes) -> str:
    """A header field; empty where there is none."""
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


@cache
def _authorities() -> ssl.SSLContext:
    """The system's, read once and not before the first fetch."""
    return ssl.create_default_context()
