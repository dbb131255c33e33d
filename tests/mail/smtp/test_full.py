"""A full mailbox: put off while it may be emptied, refused later, and the others have their letter."""

from dataclasses import replace

import pytest

from services.mail.domain.allotment import Whereabouts
from services.mail.domain.options import Options
from services.mail.domain.quota import SMALL, Quota
from services.mail.usecases import append
from services.mail.usecases.known import Known
from services.mail.usecases.pools import give_pool
from services.mail.usecases.tend_pools import tend_pools
from tests.mail.house import House, letter
from tests.mail.smtp.peer import AGENT, OTHER, Peer, Smtp, Start
from tests.mail.smtp.test_submission import logged_in

LETTER = b"From: a@example.org\r\nSubject: Note\r\n\r\nBonjour.\r\n"


@pytest.fixture
async def bounded(house: House) -> House:
    house.mail = replace(house.mail, options=Options(quota=Quota(octets=10 * SMALL)))
    return house


async def fill(house: House, owner: str, left: int) -> None:
    """So much is left of its quota."""
    box = await house.box(owner, "Archive")
    body = "x" * (10 * SMALL - left - len(letter("Fill", "")))
    await append(house.mail, owner, box.id, await house.content(letter("Fill", body)))


async def named(smtp: Smtp, size: str = "") -> Peer:
    peer = await smtp.connect()
    await peer.expect("EHLO client.example.org", "250")
    await peer.expect(f"MAIL FROM:<a@example.org>{size}", "250")
    return peer


async def test_a_full_mailbox_is_put_off_then_refused_and_then_it_has_room(bounded: House, start: Start) -> None:
    smtp = await start()
    await fill(bounded, "01AGENT1", 0)
    peer = await named(smtp)
    assert await peer.do(f"RCPT TO:<{AGENT}>") == "452 4.2.2 The mailbox is full; try again later\r\n"
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    bounded.clock.advance(days=2, hours=23)
    assert (await (await named(smtp)).do(f"RCPT TO:<{AGENT}>")).startswith("452 4.2.2")
    bounded.clock.advance(hours=2)
    assert (await (await named(smtp)).do(f"RCPT TO:<{AGENT}>")).startswith("552 5.2.2")
    assert len(await bounded.facts("quota_reached")) == 2  # near, and full


async def test_more_quota_makes_room_at_once(bounded: House, start: Start) -> None:
    await fill(bounded, "01AGENT1", 0)
    first = await start()
    assert (await (await named(first)).do(f"RCPT TO:<{AGENT}>")).startswith("452")
    bounded.clock.advance(days=4)
    bounded.mail = replace(bounded.mail, options=Options(quota=Quota(octets=20 * SMALL)), known=Known())
    second = await start()
    peer = await second.connect()
    await peer.envelope()
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    bounded.mail = replace(bounded.mail, options=Options(quota=Quota(octets=10 * SMALL)), known=Known())
    # It is full again, since now and not since then.
    third = await start()
    assert (await (await named(third)).do(f"RCPT TO:<{AGENT}>")).startswith("452")


async def test_the_size_that_is_announced_counts(bounded: House, start: Start) -> None:
    smtp = await start()
    await fill(bounded, "01AGENT1", 2 * SMALL)
    assert (await (await named(smtp, f" SIZE={SMALL}")).do(f"RCPT TO:<{AGENT}>")).startswith("250")
    for _ in range(2):
        assert (await (await named(smtp, f" SIZE={2 * SMALL}")).do(f"RCPT TO:<{AGENT}>")).startswith("452 4.2.2")
        # Who is refused for being large fills nobody's mailbox.
        bounded.clock.advance(days=4)
    assert (await (await named(smtp)).do(f"RCPT TO:<{AGENT}>")).startswith("250")


async def test_a_letter_that_finds_no_room_is_put_off_and_the_others_have_it(bounded: House, start: Start) -> None:
    """Nobody said how large it is. When it comes again, the full one is told apart before anything is sent."""
    smtp = await start()
    await fill(bounded, "01AGENT1", SMALL // 2)
    large = LETTER + b"x" * 70 + b"\r\n" * SMALL + b".\r\n"
    peer = await smtp.connect()
    await peer.envelope("a@example.org", AGENT, OTHER)
    await peer.send(large)
    assert (await peer.reply()).startswith("451 4.3.0")
    assert len(await smtp.documents("01AGENT2")) == 1
    peer = await named(smtp, f" SIZE={len(large)}")
    await peer.expect(f"RCPT TO:<{AGENT}>", "452 4.2.2")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(large)
    assert (await peer.reply()).startswith("250")
    assert len(await smtp.documents("01AGENT2")) == 1


async def test_alone_it_is_told_that_its_recipient_is_full(bounded: House, start: Start) -> None:
    smtp = await start()
    await fill(bounded, "01AGENT1", SMALL // 2)
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(LETTER + b"\r\n" * SMALL + b".\r\n")
    assert await peer.reply() == "452 4.2.2 The mailbox is full\r\n"


async def test_submission_tells_who_has_no_room_for_the_copy(bounded: House, start: Start) -> None:
    submission = await start(submission=True)
    await fill(bounded, "01AGENT1", 10)
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect("RCPT TO:<a@example.org>", "250")
    await peer.expect("DATA", "354")
    await peer.send(f"From: {AGENT}\r\nTo: a@example.org\r\n\r\nBonjour.\r\n.\r\n".encode())
    assert await peer.reply() == "452 4.2.2 The mailbox is full\r\n"
    assert bounded.queued.entries == []


async def test_a_unit_without_room_is_put_off_and_then_refused(house: House, start: Start) -> None:
    ministry = Whereabouts("Ministère", ("01MINISTRY",))
    house.people.stands["01AGENT1"] = replace(ministry, name=AGENT)
    smtp = await start()
    await house.box("01AGENT1")
    await give_pool(house.mail, "01MINISTRY", ministry, 16 * SMALL)
    box = await house.box("01AGENT1", "Archive")
    body = "x" * (16 * SMALL - len(letter("Fill", "")))
    await append(house.mail, "01AGENT1", box.id, await house.content(letter("Fill", body)))
    house.clock.advance(minutes=1)
    await tend_pools(house.mail)
    house.mail.known.limits.clear()
    assert (await (await named(smtp)).do(f"RCPT TO:<{AGENT}>")).startswith("452 4.2.2")
    await (await named(smtp)).expect(f"RCPT TO:<{OTHER}>", "250")
    house.clock.advance(days=4)
    assert (await (await named(smtp)).do(f"RCPT TO:<{AGENT}>")).startswith("552 5.2.2")
