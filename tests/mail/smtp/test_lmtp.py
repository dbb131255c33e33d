"""LMTP, as a mail server in front of us speaks it."""

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chassis.errors import Unavailable
from services.mail.settings import Settings
from services.mail.smtp.examination import Examiner
from services.mail.smtp.lmtp import LocalDelivery
from services.mail.smtp.policy import Options
from services.mail.smtp.server import SmtpServer
from tests.mail.authentication.signing import Dns
from tests.mail.smtp.peer import AGENT, HOST, OTHER, Peer

LETTER = b"From: a@example.org\r\nSubject: Note\r\n\r\n.Bonjour.\r\n"
STUFFED = LETTER.replace(b"\r\n.", b"\r\n..") + b".\r\n"
OWNERS = ("01AGENT1", "01AGENT2")
Front = Callable[..., Awaitable[Peer]]


@pytest.fixture
async def front(house: Any, tmp_path: Path) -> AsyncIterator[Front]:
    """Connects to a new listener as the server in front does; `place` is where it listens."""
    house.people.heard.update(dict(zip((AGENT, OTHER), OWNERS, strict=True)))
    servers: list[SmtpServer] = []
    peers: list[Peer] = []

    async def connect(place: str = "127.0.0.1", networks: tuple[str, ...] = ("127.0.0.0/8",), **options: Any) -> Peer:
        policy = LocalDelivery(house.mail, Examiner(Dns(), HOST, house.mail.domains))
        chosen = Options(HOST, lmtp=True, networks=[ip_network(each) for each in networks], **options)
        servers.append(SmtpServer("lmtp", place, 0, policy, chosen))
        await servers[-1].start()
        if place.startswith("/"):
            peers.append(Peer(*await asyncio.open_unix_connection(place)))
        else:
            peers.append(Peer(*await asyncio.open_connection(place, servers[-1].port)))
        return peers[-1]

    yield connect
    for peer in peers:
        peer.writer.close()
    for server in servers:
        await server.stop()


async def handing_over(peer: Peer, *recipients: str, sender: str = "a@example.org") -> None:
    assert (await peer.reply()).startswith(f"220 {HOST} LMTP")
    await peer.expect("LHLO front.gouv.tg", "250")
    await envelope(peer, *recipients, sender=sender)


async def envelope(peer: Peer, *recipients: str, sender: str = "a@example.org") -> None:
    await peer.expect(f"MAIL FROM:<{sender}>", "250")
    for recipient in recipients:
        await peer.do(f"RCPT TO:<{recipient}>")


async def answers(peer: Peer, number: int) -> list[str]:
    return [(await peer.reply())[:9] for _ in range(number)]


async def inbox(house: Any, owner: str) -> list[bytes]:
    found = await house.database["messages"].find({"owner": owner}).to_list(10)
    return [
        bytes(each["prefix"]) + b"".join([piece async for piece in house.mail.blobs.open(each["blob"])])
        for each in found
    ]


async def test_each_recipient_is_answered_for(front: Front, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = await front()
    await handing_over(peer, AGENT, "personne@gouv.tg", OTHER)
    advance = house.mail.store.mailboxes.advance_named

    async def failing(owner: str, *given: Any, **named: Any) -> Any:
        if owner == OWNERS[1]:
            raise Unavailable("database")
        return await advance(owner, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(house.mail.store.mailboxes, "advance_named", failing)
        await peer.expect("DATA", "354")
        await peer.send(STUFFED)
        assert await answers(peer, 2) == ["250 2.1.5", "451 4.3.0"]
    # The front comes again with all: who has it gets no second copy.
    await envelope(peer, AGENT, OTHER)
    await peer.expect("DATA", "354")
    await peer.send(STUFFED)
    assert await answers(peer, 2) == ["250 2.1.5", "250 2.1.5"]
    await peer.expect("NOOP", "250")
    for owner, address in zip(OWNERS, (AGENT, OTHER), strict=True):
        (message,) = await inbox(house, owner)
        assert message.startswith(f"Return-Path: <a@example.org>\r\nDelivered-To: {address}\r\n".encode())
        assert b"with LMTP id" in message
        assert message.endswith(LETTER)


async def test_a_refused_message_is_refused_to_each(front: Front, house: Any) -> None:
    peer = await front(max_message=house.mail.options.max_message)
    await handing_over(peer, AGENT, OTHER)
    await peer.expect("DATA", "354")
    await peer.send(b"Received: from a by b; now\r\n" * 51 + STUFFED)
    assert await answers(peer, 2) == ["554 5.4.6"] * 2
    await envelope(peer, AGENT, OTHER)
    await peer.expect("DATA", "354")
    await peer.send(f"Delivered-To: {AGENT}\r\n".encode() + STUFFED)
    assert await answers(peer, 2) == ["554 5.4.6", "250 2.1.5"]
    await envelope(peer, AGENT, OTHER)
    await peer.send(b"BDAT 40\r\n" + b"From: a@example.org\r\nFrom: b@example.org"[:40] + b"BDAT 4 LAST\r\n\r\n\r\n")
    assert await answers(peer, 3) == ["250 2.0.0", "550 5.6.0", "550 5.6.0"]
    await envelope(peer, AGENT, OTHER)
    await peer.send(
        b"BDAT %d LAST\r\n" % (house.mail.options.max_message + 1) + b"x" * (house.mail.options.max_message + 1)
    )
    assert await answers(peer, 2) == ["552 5.3.4"] * 2
    await peer.expect("NOOP", "250")
    assert await inbox(house, OWNERS[0]) == []


async def test_chunks_are_answered_once_and_the_last_for_each(front: Front, house: Any) -> None:
    peer = await front()
    await handing_over(peer, AGENT, OTHER)
    await peer.send(f"BDAT {len(LETTER) - 5}\r\n".encode() + LETTER[:-5] + b"BDAT 5 LAST\r\n" + LETTER[-5:])
    assert await answers(peer, 3) == ["250 2.0.0", "250 2.1.5", "250 2.1.5"]
    await envelope(peer, AGENT)
    await peer.send(b"BDAT 3\r\nabcDATA\r\n")
    assert await answers(peer, 2) == ["250 2.0.0", "503 5.5.1"]
    assert len(await inbox(house, OWNERS[1])) == 1


async def test_what_is_not_lmtp_is_refused(front: Front) -> None:
    peer = await front()
    await peer.reply()
    for command in ("EHLO front", "HELO front", "AUTH PLAIN AAAA"):
        await peer.expect(command, "500 5.5.1")
    await peer.expect("MAIL FROM:<a@example.org>", "503")
    assert "DSN" not in await peer.expect("LHLO front", "250")
    await peer.expect("DATA", "503")
    await peer.expect("MAIL FROM:<a@example.org> RET=FULL", "555")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.expect(f"RCPT TO:<{AGENT}> NOTIFY=SUCCESS", "555")
    await peer.expect("RCPT TO:<b@example.org>", "550 5.7.1")
    await peer.expect("DATA", "554 5.5.1")


async def test_hostile_octets(front: Front, house: Any) -> None:
    peer = await front()
    await handing_over(peer, AGENT)
    await peer.expect("DATA", "354")
    await peer.send(b"From: a@example.org\r\n\r\n\n.\nLHLO x\r\n.\nMAIL FROM:<x@gouv.tg>\r\n\x00\r.\r\n.\r\n")
    assert await answers(peer, 1) == ["250 2.1.5"]
    assert len(await inbox(house, OWNERS[0])) == 1
    await peer.expect("X" * 20_000, "500 5.5.6")
    await peer.send(b"NOOP\nMAIL FROM:<>\r\n")
    assert (await peer.reply()).startswith("500 5.5.2")
    assert await peer.closed()


async def test_a_peer_that_goes_away_leaves_nothing(front: Front, house: Any) -> None:
    peer = await front()
    await handing_over(peer, AGENT)
    await peer.expect("DATA", "354")
    await peer.send(LETTER)
    peer.writer.close()
    await asyncio.sleep(0.1)
    assert await inbox(house, OWNERS[0]) == []


async def test_only_who_is_trusted_gets_in(front: Front, tmp_path: Path) -> None:
    stranger = await front(networks=("10.0.0.0/8",))
    assert (await stranger.reply()).startswith("554 5.7.1")
    assert await stranger.closed()
    path = tmp_path / "lmtp"
    peer = await front(str(path), networks=())
    await handing_over(peer, AGENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_port_wants_networks() -> None:
    with pytest.raises(ValidationError, match="trusted_networks alone"):
        Settings(lmtp_listen="127.0.0.1:24")
    assert Settings(lmtp_listen="127.0.0.1:24", trusted_networks="10.0.0.0/8").networks
    assert Settings(lmtp_listen="/run/workspace/lmtp").lmtp_listen


async def test_a_script_refuses_for_its_own_account_alone(house: Any, front: Front) -> None:
    seen = await house.mail.store.scripts.of(OWNERS[0])
    source = b'require "ereject"; ereject "Non merci";'
    await house.mail.store.scripts.keep(OWNERS[0], seen, seen.put("tri", source).activate("tri"))
    peer = await front()
    await handing_over(peer, AGENT, OTHER)
    await peer.expect("DATA", "354")
    await peer.send(STUFFED)
    assert await peer.reply() == "550 5.7.1 Non merci\r\n"
    assert (await peer.reply()).startswith("250 2.1.5")
