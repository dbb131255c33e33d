"""A bare IMAP client over TLS that measures: it reads octets and looks only for the tagged reply."""

import asyncio
import ssl
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What one command took: seconds to the first octet and to the last, octets, untagged FETCH lines."""

    first: float
    whole: float
    octets: int
    fetched: int


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
    async def connect(cls, host: str, port: int, address: str = "", password: str = "") -> "ImapClient":
        reader, writer = await asyncio.open_connection(host, port, ssl=anything_goes(), limit=2**22)
        await reader.readline()
        client = cls(reader, writer)
        if address:
            await client.command(f'LOGIN "{address}" "{password}"')
        return client

    async def command(self, line: str) -> Answer:
        """Raises RuntimeError when the server does not answer OK."""
        self._tag += 1
        tag = f"L{self._tag}".encode()
        began = time.perf_counter()
        self._writer.write(tag + b" " + line.encode() + b"\r\n")
        first, octets, fetched, tail = 0.0, 0, 0, b""
        while True:
            piece = await self._reader.read(2**18)
            if not piece:
                raise RuntimeError(f"{line}: the server went away")
            first = first or time.perf_counter() - began
            octets += len(piece)
            fetched += piece.count(b" FETCH (")
            tail = (tail + piece)[-1024:]
            ending = tail.rpartition(b"\r\n" + tag + b" ")[2] if b"\r\n" + tag + b" " in tail else tail
            if ending.startswith(tag + b" "):
                ending = ending[len(tag) + 1 :]
            elif ending is tail:
                continue
            if ending.endswith(b"\r\n"):
                if not ending.startswith(b"OK"):
                    raise RuntimeError(f"{line}: {ending!r}")
                return Answer(first, time.perf_counter() - began, octets, fetched)

    async def begin_idle(self) -> None:
        """Wait for news (RFC 2177); only `close` ends it."""
        self._writer.write(b"I IDLE\r\n")
        if not (await self._reader.readline()).startswith(b"+"):
            raise RuntimeError("IDLE was refused")

    def close(self) -> None:
        self._writer.close()
