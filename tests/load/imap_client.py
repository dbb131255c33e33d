"""A bare IMAP client that measures: it reads octets and looks only for the tagged reply."""

import asyncio
import ssl
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What one command took: seconds to the first octet and to the last, octets, untagged FETCH lines; its end."""

    first: float
    whole: float
    octets: int
    fetched: int
    # The last 1,024 octets at the most.
    tail: bytes


def anything_goes() -> ssl.SSLContext:
    """A local stack signs its own certificate; what is measured here is cost, not trust."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class ImapClient:
    """One logged-in connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tag = 0

    @classmethod
    async def connect(
        cls, host: str, port: int, address: str = "", password: str = "", *, secure: bool = True
    ) -> "ImapClient":
        """By TLS, unless not `secure`."""
        tls = anything_goes() if secure else None
        reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=2**22)
        await reader.readline()
        client = cls(reader, writer)
        if address:
            await client.command(f'LOGIN "{address}" "{password}"')
        return client

    async def command(self, line: str, literal: bytes | None = None) -> Answer:
        """A literal is what the line ends with (RFC 7888). Raises RuntimeError when the server does not answer OK."""
        self._tag += 1
        tag = f"L{self._tag}".encode()
        announced = b"" if literal is None else b" {%d+}\r\n%b" % (len(literal), literal)
        began = time.perf_counter()
        self._writer.write(b"%b %b%b\r\n" % (tag, line.encode(), announced))
        first, octets, fetched, tail = 0.0, 0, 0, b""
        while True:
            piece = await self._reader.read(2**18)
            if not piece:
                raise RuntimeError(f"{line}: the server went away")
            first = first or time.perf_counter() - began
            octets += len(piece)
            fetched += (tail[-7:] + piece).count(b" FETCH (")
            tail = (tail + piece)[-1024:]
            ending = tail.rpartition(b"\r\n" + tag + b" ")[2] if b"\r\n" + tag + b" " in tail else tail
            if ending.startswith(tag + b" "):
                ending = ending[len(tag) + 1 :]
            elif ending is tail:
                continue
            if ending.endswith(b"\r\n"):
                if not ending.startswith(b"OK"):
                    raise RuntimeError(f"{line}: {ending!r}")
                return Answer(first, time.perf_counter() - began, octets, fetched, tail)

    @classmethod
    async def once(cls, host: str, port: int, address: str, password: str) -> None:
        """Log in, in the clear, and go: some servers make an account's mailboxes then."""
        (await cls.connect(host, port, address, password, secure=False)).close()

    async def begin_idle(self) -> None:
        """Wait for news (RFC 2177); only `close` ends it."""
        self._writer.write(b"I IDLE\r\n")
        if not (await self._reader.readline()).startswith(b"+"):
            raise RuntimeError("IDLE was refused")

    async def news(self, wanted: bytes) -> None:
        """While it waits: until a line of news ends so. Raises RuntimeError when the server goes away."""
        while not (line := await self._reader.readline()).endswith(wanted + b"\r\n"):
            if not line:
                raise RuntimeError("the server went away")

    def close(self) -> None:
        self._writer.close()
