"""Addresses and headers in UTF-8 (RFC 6531, RFC 6532): received, delivered, read, submitted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_address
from services.mail.smtp.codec.path import forward_path, reverse_path
from services.mail.smtp.codec.reply import Refused
from tests.mail.authentication.signing import Dns
from tests.mail.smtp.peer import AGENT, OTHER, Peer, Smtp, Start
from tests.mail.smtp.test_submission import logged_in

SENDER = "élève@xn--cole-9oa.example"
LETTER = f"From: Élève <élève@école.example>\r\nTo: <{AGENT}>\r\nSubject: Réunion à Lomé\r\n\r\nBonjour.\r\n"
# The same address as another keyboard writes it.
DECOMPOSED = "e\u0301le\u0300ve@e\u0301cole.example"


async def greeted(smtp: Smtp) -> Peer:
    peer = await smtp.connect()
    assert "SMTPUTF8\r\n" in await peer.expect("EHLO client.example.org", "250")
    return peer


async def test_a_letter_in_utf8_is_received_proven_and_described(start: Start) -> None:
    smtp = await start(dns=Dns({"xn--cole-9oa.example": [b"v=spf1 ip4:127.0.0.1 -all"]}))
    peer = await greeted(smtp)
    await peer.expect("MAIL FROM:<élève@école.example> SMTPUTF8 BODY=8BITMIME", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    await peer.expect("DATA", "354")
    await peer.expect(LETTER + ".", "250")
    (message,) = await smtp.inbox()
    text = message.decode()
    assert text.startswith(f"Return-Path: <{SENDER}>\r\n")
    assert "with UTF8SMTP id" in text
    assert "spf=pass" in text
    assert text.endswith(LETTER)
    (document,) = await smtp.documents("01AGENT1")
    assert document["subject"] == "Réunion à Lomé"


async def test_who_does_not_say_utf8_names_nobody_in_it(smtp: Smtp) -> None:
    peer = await greeted(smtp)
    await peer.expect("MAIL FROM:<élève@école.example>", "553 5.6.7")
    await peer.expect("MAIL FROM:<a@example.org> SMTPUTF8=1", "501 5.5.4")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.expect("RCPT TO:<élève@gouv.tg>", "553 5.6.7")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")


async def test_odd_octets_and_names(smtp: Smtp) -> None:
    peer = await greeted(smtp)
    await peer.send(b"MAIL FROM:<\xe9l\xe8ve@example.org> SMTPUTF8\r\n")
    assert (await peer.reply()).startswith("500 5.5.2")
    for path in ("a\u202eb@example.org", "a\u0085b@example.org", "a\u2028b@example.org"):
        await peer.expect(f"MAIL FROM:<{path}> SMTPUTF8", "501")
    await peer.expect(f"MAIL FROM:<{'é' * 33}@example.org> SMTPUTF8", "553 5.1.7")
    await peer.expect("MAIL FROM:<a@example.org> SMTPUTF8", "250")
    # Nobody here has such an address: it is said, and directory is not asked.
    await peer.expect("RCPT TO:<élève@numerique.gouv.tg>", "550 5.1.1")
    assert smtp.house.people.asked == []
    await peer.expect("RCPT TO:<élève@example.org>", "550 5.7.1")


async def test_what_is_submitted_in_utf8_says_so_to_the_queue(submission: Smtp) -> None:
    for header, utf8 in (("Réunion", True), ("Reunion", False)):
        peer = await logged_in(submission)
        await peer.expect(f"MAIL FROM:<{AGENT}> SMTPUTF8", "250")
        await peer.expect(f"RCPT TO:<{OTHER}>", "250")
        await peer.expect(f"RCPT TO:<{DECOMPOSED}>", "250")
        await peer.expect("DATA", "354")
        await peer.expect(f"From: <{AGENT}>\r\nSubject: {header}\r\n\r\nTexte\r\n.", "250")
        entry = submission.house.queued.entries[-1]
        assert (entry["recipients"], entry["utf8"]) == ((SENDER,), utf8)
    assert len(await submission.inbox("01AGENT2")) == 2


@given(st.text(max_size=80))
def test_any_path_is_sound_or_refused(text: str) -> None:
    for read in (reverse_path, forward_path):
        try:
            path = read(text)
        except Refused:
            continue
        assert not set(path) & set("\r\n\x00") or path.startswith('"')
        assert path.rpartition("@")[2].isascii()


@given(st.text(max_size=40))
def test_an_address_looked_up_is_the_same_looked_up_again(local: str) -> None:
    try:
        address = mail_address(f"{local}@École.example")
    except InvalidInput:
        return
    assert address.endswith("@xn--cole-9oa.example")
    try:
        assert mail_address(address) == address
    except InvalidInput:
        pytest.fail(f"{address!r} is no address any more")
