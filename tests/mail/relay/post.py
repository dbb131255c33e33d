"""The relay on the mail service under test, and remote servers on loopback that behave as a test tells them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.mail.domain.queue import Entry
from services.mail.domain.tls_results import Session
from services.mail.relay.attempt import Signing
from services.mail.relay.relay import Options, Relay
from services.mail.relay.route import NoRoute, Server
from services.mail.relay.transmit import Timeouts, Transmitter
from services.mail.store.queue import Queue

OWNER, SENDER = "01AGENT1", "agent1@numerique.gouv.tg"
HOST = "mail.gouv.tg"
SECONDS = 10.0


@dataclass
class Remote:
    """A server of another domain: aiosmtpd, and what it answers."""

    recipients: dict[str, str] = field(default_factory=dict)
    data: str = "250 2.0.0 taken"
    before_data: float = 0
    drops: bool = False
    # Said instead of a greeting, and nothing after it.
    connection: str = ""
    connections: int = 0
    # Letters that it is given at a time, and the most of them.
    at_once: int = 0
    most: int = 0
    received: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    tls: bool = False
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.recipients.get(address, "250 2.1.5 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self.before_data)
        self.at_once -= 1
        if self.data.startswith("250"):
            self.received.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
            self.tls = session.ssl is not None
        if self.drops:
            server.transport.abort()
        return self.data

    def server(self, **changed: Any) -> Server:
        return replace(Server("127.0.0.1", self.port, "localhost"), **changed)


class Refusing(asyncio.Protocol):
    """A server that greets by a refusal and leaves."""

    def __init__(self, says: str) -> None:
        self._says = says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(f"{self._says}\r\n".encode())
        transport.close()


class Unsigned:
    """No domain has keys."""

    async def fields(self, entry: Entry) -> bytes:
        return b""


@dataclass
class Routes:
    """Where each domain's mail goes."""

    table: dict[str, Sequence[Server] | NoRoute] = field(default_factory=dict)

    async def servers(self, domain: str, *, whatever_tls: bool = False) -> Sequence[Server]:
        found = self.table[domain]
        if isinstance(found, NoRoute):
            raise found
        return found


@dataclass
class Noted:
    """How connections went."""

    sessions: list[Session] = field(default_factory=list)

    async def note(self, session: Session) -> None:
        self.sessions.append(session)


@dataclass
class Post:
    """The relay under test."""

    house: Any
    queue: Queue
    routes: Routes
    timeouts: Timeouts
    signer: Signing = field(default_factory=Unsigned)
    noted: Noted = field(default_factory=Noted)
    relays: list[Relay] = field(default_factory=list)

    async def enqueue(self, source: bytes, *recipients: str, sender: str = SENDER, owner: str = OWNER) -> None:
        content = await self.house.content(source)

        async def act(session: Any) -> None:
            await self.queue.enqueue(
                submission_id="01SUBMISSION", owner=owner, sender=sender, recipients=recipients,
                blob=content.blob, size=content.size, session=session,
            )  # fmt: skip

        await self.house.mail.store.transaction(act)

    def relay(self, **options: Any) -> Relay:
        chosen = Options(HOST, **{"poll_seconds": 0.02, **options})
        transmitter = Transmitter(HOST, self.timeouts, self.noted)
        made = Relay(self.house.mail, self.queue, self.routes, transmitter, self.signer, chosen)
        self.relays.append(made)
        return made

    async def entries(self) -> list[dict[str, Any]]:
        """What is not done with."""
        found = await self.house.database["queue"].find({"due": {"$exists": True}}).to_list(100)
        return list(found)

    async def until(self, what: Callable[[], Awaitable[bool]]) -> None:
        """Let the relay work until something is so."""
        async with asyncio.timeout(SECONDS):
            while not await what():
                await asyncio.sleep(0.02)

    async def settled(self, **options: Any) -> None:
        """One relay runs until nothing is due now, and ends."""
        relay = self.relay(**options)
        await relay.start()

        async def quiet() -> bool:
            now = self.house.clock()
            return not any(entry["due"] <= now for entry in await self.entries()) and not relay._working

        await self.until(quiet)
        await relay.drain()
        await relay.stop()

    async def inbox(self) -> list[bytes]:
        """The sender's notices, whole."""
        found = await self.house.database["messages"].find({"owner": OWNER}).to_list(100)
        return [
            bytes(message["prefix"]) + b"".join([piece async for piece in self.house.mail.blobs.open(message["blob"])])
            for message in sorted(found, key=lambda message: message["uid"])
        ]


RemoteOf = Callable[..., Awaitable[Remote]]
