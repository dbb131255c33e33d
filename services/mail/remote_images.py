"""Images of other servers, fetched for a reader who asked to see them, by us and never by the reader's browser.

A letter chooses what is fetched, from within the platform's network. So only addresses that the whole internet routes
are connected to, each looked at once and then connected to itself, whatever DNS says a moment later; redirects go the
same way again. Nothing of the reader travels: no cookie, no referrer, no address.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from string import punctuation
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import httpcore
from prometheus_client import Counter

from chassis.errors import PreconditionFailed, TooLarge, Unavailable
from services.mail.domain import public_address
from services.mail.usecases.context import Names

FETCHES = Counter("mail_remote_images", "Images of other servers that readers asked for", ["outcome"])
MOST_OCTETS, MOST_REDIRECTS = 8 * 1024 * 1024, 3
SECONDS, CONNECT_SECONDS = 12.0, 5.0
PORTS = {"http": 80, "https": 443}
_HEADERS = [("Accept", "image/webp,image/png,image/jpeg,image/gif"), ("User-Agent", "Mozilla/5.0"),
            ("Accept-Encoding", "identity"), ("Connection", "close")]  # fmt: skip
# What begins so is shown, whatever its server calls it. SVG is a document with scripts, and is not.
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
)  # fmt: skip
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Allowed = Callable[[_Address, int], bool]


class Image(NamedTuple):
    """An image's octets, and their type as they themselves tell it."""

    content_type: str
    octets: bytes


def is_public(address: _Address, port: int) -> bool:
    """Whether it is an address of the whole internet, and a port of the web."""
    return public_address.is_public(str(address)) and port in PORTS.values()


class RemoteImages:
    """A `RemoteImages` of the context: by our own DNS, over TLS with the system's authorities."""

    def __init__(self, names: Names, allowed: Allowed = is_public, *, at_once: int = 20) -> None:
        self._backend = _Backend(names, allowed)
        self._free = asyncio.Semaphore(at_once)

    async def fetch(self, url: str) -> Image:
        """Raises `PreconditionFailed` for what is no image or is not to be reached from here, `TooLarge`,
        `Unavailable` when its server does not answer."""
        try:
            async with asyncio.timeout(SECONDS), self._free:
                image = await self._followed(url)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, TimeoutError, OSError):
            FETCHES.labels("away").inc()
            raise Unavailable("The image's server does not answer") from None
        except (PreconditionFailed, TooLarge):
            FETCHES.labels("refused").inc()
            raise
        FETCHES.labels("shown").inc()
        return image

    async def _followed(self, url: str) -> Image:
        for _ in range(MOST_REDIRECTS + 1):
            async with self._answered(_checked(url)) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    return await _image(response)
                url = urljoin(url, _header(response, b"location"))
        raise PreconditionFailed("The image's server sends from place to place")

    @asynccontextmanager
    async def _answered(self, url: str) -> AsyncIterator[httpcore.Response]:
        """Without a pool of connections, so that nothing is shared between one letter's servers and another's."""
        pool = httpcore.AsyncConnectionPool(
            ssl_context=_authorities(), network_backend=self._backend, max_connections=1, retries=0
        )
        timeouts = {"connect": CONNECT_SECONDS, "read": SECONDS, "write": CONNECT_SECONDS, "pool": SECONDS}
        async with pool, pool.stream("GET", url, headers=_HEADERS, extensions={"timeout": timeouts}) as response:
            yield response


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was looked at."""

    def __init__(self, names: Names, allowed: Allowed) -> None:
        self._names, self._allowed = names, allowed
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *rest: Any, **others: Any) -> httpcore.AsyncNetworkStream:
        addresses = await self._addresses(host)
        if not addresses or not all(self._allowed(address, port) for address in addresses):
            # One of several that is our own is enough: who answers so means nothing good.
            raise PreconditionFailed("The image is at no address of the internet")
        return await self._sockets.connect_tcp(str(addresses[0]), port, *rest, **others)

    async def _addresses(self, host: str) -> list[_Address]:
        try:
            return [ipaddress.ip_address(host.strip("[]").partition("%")[0])]
        except ValueError:
            pass
        answers = await asyncio.gather(*(self._names.ask(host, kind) for kind in ("A", "AAAA")))
        if all(answer is None for answer in answers):
            raise Unavailable("The image's server cannot be looked up")
        return [ipaddress.ip_address(each) for answer in answers for each in answer or ()]

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _checked(url: str) -> str:
    """Raises `PreconditionFailed` for what is no plain URL of the web."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in PORTS and parts.hostname and not parts.username and not parts.password
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        sound = False
    if not sound or len(url) > 4000:
        raise PreconditionFailed("Not the address of an image")
    host = f"[{host}]" if ":" in host else host
    path = quote(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", safe=punctuation)
    return f"{parts.scheme}://{host}{port}{path}"


async def _image(response: httpcore.Response) -> Image:
    if response.status != 200:
        raise PreconditionFailed(f"The image's server answers {response.status}")
    octets = bytearray()
    async for piece in response.aiter_stream():
        octets += piece
        if len(octets) > MOST_OCTETS:
            raise TooLarge(f"Images of at most {MOST_OCTETS} octets are shown")
        if len(octets) >= 16 and not _type_of(bytes(octets[:16])):
            break
    content_type = _type_of(bytes(octets[:16]))
    if not content_type:
        raise PreconditionFailed("It is no image of a kind that is shown")
    return Image(content_type, bytes(octets))


def _type_of(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((content_type for magic, content_type in _MAGIC if head.startswith(magic)), "")


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


@cache
def _authorities() -> ssl.SSLContext:
    """The system's, read once and not before the first fetch."""
    return ssl.create_default_context()
