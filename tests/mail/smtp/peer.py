"""A listening SMTP server on the mail service under test, and a peer that speaks octet by octet."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.errors import TooManyRequests, Unauthenticated, Unavailable
from chassis.identity import PLATFORM_CLIENT, Identity, Revocations
from services.mail.smtp.server import SmtpServer

SECONDS = 10.0
AGENT, OTHER, ALIAS = "agent1@numerique.gouv.tg", "agent2@numerique.gouv.tg", "contact@numerique.gouv.tg"
PASSWORD, TOKEN = "mot de passe", "jeton"
# Of a service that writes in the platform's own name.
PLATFORM, PLATFORM_TOKEN = "ne-pas-repondre@gouv.tg", "jeton-de-plateforme"
HOST = "mx.gouv.tg"


@dataclass
class Doorkeeper:
    """Directory's side of logging in."""

    away: bool = False
    locked: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def _identity(self) -> Identity:
        now = datetime.now(UTC)
        return Identity("01AGENT1", AGENT, "session1", now, now + timedelta(minutes=15), aliases=(ALIAS,))

    async def password(self, address: str, password: str, remote: str) -> Identity:
        self.asked.append((address, remote))
        if self.away:
            raise Unavailable
        if self.locked:
            raise TooManyRequests
        if (address, password) != (AGENT, PASSWORD):
            raise Unauthenticated
        return self._identity()

    async def token(self, token: str) -> Identity:
        if token == PLATFORM_TOKEN:
            now = datetime.now(UTC)
            client = f"{PLATFORM_CLIENT}letters"
            return Identity(client, PLATFORM, client, now, now + timedelta(minutes=15), client_id=client)
        if token != TOKEN:
            raise Unauthenticated
        return self._identity()


class Peer:
    """Sends exactly the octets that it is told, reads replies whole."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def reply(self) -> str:
        """All lines of a reply; empty when the connection ended."""
        lines = ""
        async with asyncio.timeout(SECONDS):
            while line := (await self.reader.readline()).decode():
                lines += line
                if line[3:4] != "-":
                    break
        return lines

    async def do(self, command: str) -> str:
        await self.send(command.encode() + b"\r\n")
        return await self.reply()

    async def expect(self, command: str, code: str) -> str:
        found = await self.do(command)
        assert found.startswith(code), (command, found)
        return found

    async def envelope(self, sender: str = "a@example.org", *recipients: str) -> None:
        """As far as DATA's 354."""
        await self.expect("EHLO client.example.org", "250")
        await self.expect(f"MAIL FROM:<{sender}>", "250")
        for recipient in recipients or (AGENT,):
            await self.expect(f"RCPT TO:<{recipient}>", "250")
        await self.expect("DATA", "354")

    async def closed(self) -> bool:
        async with asyncio.timeout(SECONDS):
            return await self.reader.read() == b""

    async def starttls(self, context: ssl.SSLContext) -> None:
        await self.expect("STARTTLS", "220")
        await self.writer.start_tls(context, server_hostname="localhost")


@dataclass
class Smtp:
    """One listening server."""

    server: SmtpServer
    house: Any
    doorkeeper: Doorkeeper
    trust: ssl.SSLContext
    revocations: Revocations
    peers: list[Peer] = field(default_factory=list)

    async def connect(self, greeted: bool = True) -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.server.port))
        self.peers.append(peer)
        if greeted:
            assert (await peer.reply()).startswith(f"220 {HOST} ESMTP")
        return peer

    async def documents(self, owner: str) -> list[dict[str, Any]]:
        """The messages of an account, as they are stored, in the order of their arrival."""
        messages = self.house.database["messages"].find({"owner": owner})
        return sorted(await messages.to_list(100), key=lambda message: message["uid"])

    async def inbox(self, owner: str = "01AGENT1") -> list[bytes]:
        """The messages of an account, whole."""
        found = []
        for message in await self.documents(owner):
            body = b"".join([piece async for piece in self.house.mail.blobs.open(message["blob"])])
            found.append(bytes(message["prefix"]) + body)
        return found

    async def still_serves(self) -> None:
        peer = await self.connect()
        await peer.expect("EHLO client.example.org", "250")
        await peer.expect("QUIT", "221")


Start = Callable[..., Awaitable[Smtp]]
