"""A ManageSieve server under test, directory's side of it, and clients that speak by transcript."""

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from chassis.identity import Revocations
from services.mail.managesieve.ports import Options
from services.mail.managesieve.server import ManageSieveServer
from tests.mail.imap.party import ADDRESS, PASSWORD, SECONDS, Doorkeeper


def plain(password: str = PASSWORD, acting: str = "") -> bytes:
    return base64.b64encode(f"{acting}\0{ADDRESS}\0{password}".encode())


LOGIN = b'AUTHENTICATE "PLAIN" "%b"' % plain()


class Client:
    """Sends lines, reads answers whole: literals stay inline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def line(self) -> bytes:
        """One line without its end, literals inline; empty at the end."""
        async with asyncio.timeout(SECONDS):
            told = b""
            while line := await self.reader.readline():
                told += line
                if line.endswith(b"}\r\n") and b"{" in line:
                    told += await self.reader.readexactly(int(line[line.rindex(b"{") + 1 : -3]))
                    continue
                return told.removesuffix(b"\r\n")
        return b""

    async def answer(self) -> list[bytes]:
        """Lines up to the one that says how it went."""
        told = []
        while line := await self.line():
            told.append(line)
            if line.startswith((b"OK", b"NO", b"BYE")):
                return told
        raise AssertionError(f"closed after {told!r}")

    async def do(self, command: bytes | str) -> list[bytes]:
        await self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return await self.answer()

    async def ok(self, command: bytes | str) -> list[bytes]:
        """What a command that succeeds tells before it says so."""
        told = await self.do(command)
        assert told[-1].startswith(b"OK"), told
        return told[:-1]

    async def no(self, command: bytes | str) -> bytes:
        told = await self.do(command)
        assert told[-1].startswith(b"NO"), told
        return told[-1]

    async def put(self, name: str, script: bytes) -> bytes:
        told = await self.do(b'PUTSCRIPT "%b" {%d+}\r\n%b' % (name.encode(), len(script), script))
        return told[-1]

    async def closed(self) -> bool:
        async with asyncio.timeout(SECONDS):
            return await self.reader.read() == b""

    def close(self) -> None:
        self.writer.close()


@dataclass
class ManageSieve:
    """The server under test."""

    server: ManageSieveServer
    doorkeeper: Doorkeeper
    revocations: Revocations
    trust: ssl.SSLContext
    clients: list[Client] = field(default_factory=list)

    async def silent(self) -> Client:
        """That has not read the greeting."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.server.ports[0], limit=2**26))
        self.clients.append(client)
        return client

    async def clear(self) -> Client:
        client = await self.silent()
        assert (await client.answer())[-1].startswith(b"OK")
        return client

    async def secure(self) -> Client:
        client = await self.clear()
        await client.ok("STARTTLS")
        await client.writer.start_tls(self.trust, server_hostname="localhost")
        assert (await client.answer())[-1].startswith(b"OK")
        return client

    async def logged_in(self) -> Client:
        client = await self.secure()
        await client.ok(LOGIN)
        return client

    async def still_serves(self) -> None:
        """Another session works."""
        client = await self.logged_in()
        await client.ok("LISTSCRIPTS")
        client.close()


Start = Callable[[Options], Awaitable[ManageSieve]]
