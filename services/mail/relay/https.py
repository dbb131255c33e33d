"""What is asked of other domains' web servers: one answer, small, from where everybody would get it.

Whoever sends or receives letters decides whom we ask, so we ask nobody within our own networks, follow no redirect,
and wait and read only so much.
"""

import errno
import re
import socket
import ssl
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from chassis.public_address import is_public
from services.mail.usecases.context import Names

SECONDS = 20.0
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)+\Z", re.I)
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "workspace-mail"}


@dataclass(frozen=True)
class Answer:
    """`media_type` is in lower case and without parameters."""

    status: int
    media_type: str
    body: bytes


class NotFetched(Exception):
    """Nobody answered, or too much, or too late."""


class NotProven(NotFetched):
    """Whoever answered is not whom the certificate has to name."""


class Https:
    """A client that connects to public addresses alone, as our own DNS has them."""

    def __init__(
        self,
        names: Names,
        *,
        port: int = 443,
        private_addresses: bool = False,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._names = names
        self._port = port
        self._private = private_addresses
        self._context = context or ssl.create_default_context()
        self._seconds = seconds

    async def get(self, host: str, path: str, most: int) -> Answer:
        """Raises `NotFetched`; of what is larger than `most` octets too."""
        return await self._asked("GET", host, path, most, None, "")

    async def post(self, host: str, path: str, body: bytes, media_type: str) -> int:
        """The status. Raises `NotFetched`."""
        return (await self._asked("POST", host, path, 0, body, media_type)).status

    async def _asked(self, method: str, host: str, path: str, most: int, body: bytes | None, media_type: str) -> Answer:
        if not _NAME.match(host):
            # An address would be connected to as it stands.
            raise NotFetched(f"{host[:80]} is no name")
        headers = {**_HEADERS, **({"Content-Type": media_type} if media_type else {})}
        connector = aiohttp.TCPConnector(
            resolver=_Public(self._names, self._private),
            family=socket.AF_UNSPEC,
            ssl=self._context,
            use_dns_cache=False,
            force_close=True,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            trust_env=False,
            # What is packed small may be large.
            auto_decompress=False,
        )
        url = f"https://{host}:{self._port}{path}" if self._port != 443 else f"https://{host}{path}"
        try:
            async with (
                session,
                session.request(method, url, headers=headers, data=body, allow_redirects=False) as response,
            ):
                media = (response.content_type or "").lower()
                return Answer(response.status, media, await _read(response, most))
        except aiohttp.ClientConnectorCertificateError as error:
            raise NotProven(str(error)[:300]) from error
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise NotFetched(f"{type(error).__name__}: {error}"[:300]) from error


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Nothing where nothing is wanted."""
    body = b""
    if not most:
        return body
    async for piece in response.content.iter_chunked(16 * 1024):
        body += piece
        if len(body) > most:
            raise NotFetched(f"more than {most} octets")
    return body


class _Public(AbstractResolver):
    """Where a host is, as our resolver knows it, without what is nobody's business but ours."""

    def __init__(self, names: Names, private: bool) -> None:
        self._names = names
        self._private = private

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - both
    ) -> list[ResolveResult]:
        found: list[ResolveResult] = []
        for kind, of in (("A", socket.AF_INET), ("AAAA", socket.AF_INET6)):
            found += [
                ResolveResult(hostname=host, host=address, port=port, family=of, proto=0, flags=socket.AI_NUMERICHOST)
                for address in await self._names.ask(host, kind) or ()
                if self._private or is_public(address)
            ]
        if not found:
            raise OSError(errno.EHOSTUNREACH, f"{host} has no public address")
        return found

    async def close(self) -> None:
        """Nothing is held."""
