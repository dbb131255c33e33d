"""What recipients' scripts answer in the dialogue."""

from typing import Any

from services.mail.usecases.scripts import activate_script
from tests.mail.smtp.peer import AGENT, OTHER, Smtp

LETTER = b"From: a@example.org\r\nTo: agents\r\nSubject: Note\r\n\r\nBonjour.\r\n.\r\n"


async def script(house: Any, owner: str, source: bytes) -> None:
    seen = await house.mail.store.scripts.of(owner)
    await house.mail.store.scripts.keep(owner, seen, seen.put("tri", source))
    await activate_script(house.mail, owner, "tri")


async def test_a_script_refuses_a_letter_that_is_for_nobody_else(smtp: Smtp) -> None:
    await script(smtp.house, "01AGENT1", 'require "reject"; reject "Boîte fermée.\r\n250 Merci";'.encode())
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(LETTER)
    assert await peer.reply() == "550 5.7.1 Boite fermee. 250 Merci\r\n"
    await peer.envelope("a@example.org", AGENT, OTHER)
    await peer.send(LETTER)
    assert (await peer.reply()).startswith("250")
    # Nothing proves who wrote: the letter stays, and nobody is written to.
    assert len(await smtp.inbox()) == 1
    assert smtp.house.queued.entries == []


async def test_an_endless_script_does_not_hold_up_the_dialogue(smtp: Smtp) -> None:
    many = ",".join(['"*a*b?c*d"'] * 2000)
    await script(smtp.house, "01AGENT1", f'require "body"; if body :raw :matches [{many}] {{ discard; }}'.encode())
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(LETTER.replace(b"Bonjour.", b"ab" * 400_000))
    assert (await peer.reply()).startswith("250")
    kept, told = sorted(await smtp.inbox(), key=len, reverse=True)
    assert b"Subject: Note" in kept
    assert b"Auto-Submitted: auto-generated" in told
