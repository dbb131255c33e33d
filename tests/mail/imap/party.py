"""An IMAP server under test, directory's and notifications' side of it, and clients that speak by transcript."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chassis.errors import TooManyRequests, Unauthenticated
from chassis.identity import Identity, Revocations
from services.mail.imap.ports import Options
from services.mail.imap.server import ImapServer

SECONDS = 10.0
ADDRESS, PASSWORD, TOKEN = "agent1@numerique.gouv.tg", "mot de passe", "jeton"


def identity(account_id: str, address: str = ADDRESS) -> Identity:
    now = datetime.now(UTC)
    return Identity(account_id, address, "session1", now, now + timedelta(minutes=15))


@dataclass
class Doorkeeper:
    """Directory's side of logging in."""

    owner: str
    locked: bool = False
    # Account ids of others who may log in, by address.
    others: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def password(self, address: str, password: str, remote: str) -> Identity:
        self.asked.append((address, remote))
        if self.locked:
            raise TooManyRequests
        if password == PASSWORD and address in self.others:
            return identity(self.others[address], address)
        if (address, password) != (ADDRESS, PASSWORD):
            raise Unauthenticated
        return identity(self.owner)

    async def token(self, token: str) -> Identity:
        if token != TOKEN:
            raise Unauthenticated
        return identity(self.owner)


@dataclass
class Bells:
    """Notifications, rung by the test."""

    callbacks: dict[str, list[Callable[[], None]]] = field(default_factory=dict)

    def listen(self, account_id: str, callback: Callable[[], None]) -> Callable[[], None]:
        heard = self.callbacks.setdefault(account_id, [])
        heard.append(callback)
        return lambda: heard.remove(callback)

    def ring(self, account_id: str) -> None:
        for callback in list(self.callbacks.get(account_id, [])):
            callback()


class Client:
    """Sends lines, reads answers whole: literals stay inline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._tags = 0

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def response(self) -> bytes:
        """One response without its line end; empty at the end."""
        async with asyncio.timeout(SECONDS):
            told = b""
            while line := await self.reader.readline():
                told += line
                if line.endswith(b"}\r\n") and b"{" in line:
                    size = int(line[line.rindex(b"{") + 1 : -3])
                    told += await self.reader.readexactly(size)
                    continue
                return told.removesuffix(b"\r\n")
        return b""

    async def until(self, tag: bytes) -> list[bytes]:
        """Responses up to the tagged one."""
        told = []
        while response := await self.response():
            told.append(response)
            if response.startswith(tag + b" "):
                return told
        raise AssertionError(f"closed before {tag!r}: {told!r}")

    async def do(self, command: str | bytes) -> list[bytes]:
        """Run a command; its responses, the tagged one last and without its tag."""
        self._tags += 1
        tag = b"t%d" % self._tags
        octets = command.encode() if isinstance(command, str) else command
        await self.send(tag + b" " + octets + b"\r\n")
        told = await self.until(tag)
        told[-1] = told[-1].removeprefix(tag + b" ")
        return told

    async def ok(self, command: str | bytes) -> list[bytes]:
        """The untagged responses of a command that succeeds."""
        told = await self.do(command)
        assert told[-1].startswith(b"OK"), told
        return told[:-1]

    async def append(self, source: bytes, before: str = "APPEND INBOX") -> bytes:
        told = await self.do(f"{before} ".encode() + b"{%d+}\r\n" % len(source) + source)
        return told[-1]

    async def closed(self) -> bool:
        async with asyncio.timeout(SECONDS):
            return await self.reader.read() == b""

    def close(self) -> None:
        self.writer.close()


@dataclass
class Imap:
    """The server under test."""

    server: ImapServer
    doorkeeper: Doorkeeper
    bells: Bells
    certificate: Path
    revocations: Revocations
    clients: list[Client] = field(default_factory=list)

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)

    async def plain(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.server.ports[0], limit=2**26))
        self.clients.append(client)
        return client

    async def secure(self) -> Client:
        client = Client(
            *await asyncio.open_connection(
                "127.0.0.1", self.server.ports[1], ssl=self.trust, server_hostname="localhost", limit=2**26
            )
        )
        self.clients.append(client)
        return client

    async def logged_in(self, address: str = ADDRESS) -> Client:
        client = await self.secure()
        assert (await client.response()).startswith(b"* OK")
        await client.ok(f'LOGIN {address} "{PASSWORD}"')
        return client

    async def selected(self, mailbox: str = "INBOX") -> Client:
        client = await self.logged_in()
        await client.ok(f"SELECT {mailbox}")
        return client

    async def still_serves(self) -> None:
        """Another session works."""
        client = await self.selected()
        assert await client.ok("NOOP") == []
        client.close()


Start = Callable[[Options], Awaitable[Imap]]
