"""What reception finds of a letter's author, and does about it, as a sending server sees it."""

from ipaddress import ip_network
from typing import Any

import pytest

from services.mail.domain.mailbox import SpecialUse
from services.mail.usecases import list_mailboxes
from tests.mail.authentication.signing import LETTER, Dns, Signer
from tests.mail.smtp.peer import HOST, Smtp, Start

REJECT = {"_dmarc.example.org": [b"v=DMARC1; p=reject"]}
# What a letter of our own that nobody proves looks like.
FORGED = LETTER.replace(b"agent@example.org", b"directeur@numerique.gouv.tg")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


async def sent(smtp: Smtp, letter: bytes, sender: str = "agent@example.org") -> str:
    peer = await smtp.connect()
    await peer.envelope(sender)
    await peer.send(letter + b".\r\n")
    reply = await peer.reply()
    await peer.expect("QUIT", "221")
    return reply


async def mailbox_of(smtp: Smtp, document: dict[str, Any]) -> SpecialUse | None:
    boxes = await list_mailboxes(smtp.house.mail, "01AGENT1")
    return next(box.special_use for box in boxes if box.id == document["mailbox"])


async def test_a_proven_letter_is_told_to_be(start: Start, signer: Signer) -> None:
    dns = Dns({signer.name: [signer.record], "example.org": [b"v=spf1 ip4:127.0.0.1 -all"], **REJECT})
    smtp = await start(dns=dns)
    assert (await sent(smtp, signer.signed())).startswith("250")
    (message,) = await smtp.inbox()
    told = message.partition(b"Authentication-Results: ")[2].partition(b"Received:")[0]
    assert told.startswith(b"mx.gouv.tg;\r\n\tspf=pass smtp.mailfrom=agent@example.org;\r\n\tdkim=pass ")
    assert b"\tdmarc=pass policy.dmarc=reject header.from=example.org;\r\n" in told
    assert message.endswith(signer.signed().partition(b"\r\n\r\n")[2])


async def test_what_a_domain_wants_refused_is_refused_and_kept_nowhere(start: Start, signer: Signer) -> None:
    smtp = await start(dns=Dns({signer.name: [signer.record], **REJECT}))
    forged = signer.signed().replace(b"Bonjour", b"Bonsoir")
    assert (await sent(smtp, forged)).startswith("550 5.7.1 Not proven to be from example.org")
    assert await smtp.inbox() == []
    await smtp.still_serves()


async def test_what_a_domain_wants_set_apart_is_in_junk(start: Start) -> None:
    smtp = await start(dns=Dns({"_dmarc.example.org": [b"v=DMARC1; p=quarantine"]}))
    assert (await sent(smtp, LETTER)).startswith("250")
    (document,) = await smtp.documents("01AGENT1")
    assert await mailbox_of(smtp, document) is SpecialUse.JUNK
    again = LETTER.replace(b"Note", b"Encore")
    assert (await sent(smtp, again)).startswith("250")
    assert len(await smtp.documents("01AGENT1")) == 2


async def test_a_repeat_of_what_is_in_junk_makes_no_second_copy(start: Start) -> None:
    smtp = await start(dns=Dns({"_dmarc.example.org": [b"v=DMARC1; p=quarantine"]}))
    for _ in range(2):
        assert (await sent(smtp, LETTER)).startswith("250")
    assert len(await smtp.documents("01AGENT1")) == 1


async def test_our_own_names_are_nobodys_to_write_from_outside(start: Start) -> None:
    smtp = await start(dns=Dns())
    assert (await sent(smtp, FORGED, "directeur@numerique.gouv.tg")).startswith("250")
    (document,) = await smtp.documents("01AGENT1")
    assert await mailbox_of(smtp, document) is SpecialUse.JUNK
    smtp = await start(dns=Dns({"_dmarc.gouv.tg": [b"v=DMARC1; p=reject"]}))
    assert (await sent(smtp, FORGED, "directeur@numerique.gouv.tg")).startswith("550 5.7.1")


async def test_our_own_names_proven_are_taken(start: Start) -> None:
    dns = Dns({"numerique.gouv.tg": [b"v=spf1 ip4:127.0.0.1 -all"]})
    smtp = await start(dns=dns)
    assert (await sent(smtp, FORGED, "directeur@numerique.gouv.tg")).startswith("250")
    (document,) = await smtp.documents("01AGENT1")
    assert await mailbox_of(smtp, document) is SpecialUse.INBOX


@pytest.mark.parametrize(("strictest", "code", "use"), [("quarantine", "250", "junk"), ("none", "250", "inbox")])
async def test_the_operator_may_be_milder_than_the_domain(start: Start, strictest: str, code: str, use: str) -> None:
    smtp = await start(dns=Dns(dict(REJECT)), examiner={"strictest": strictest})
    assert (await sent(smtp, LETTER)).startswith(code)
    (document,) = await smtp.documents("01AGENT1")
    assert await mailbox_of(smtp, document) is SpecialUse(use)


@pytest.mark.parametrize(
    ("trusted", "said", "code"),
    [
        ("example.net", b"pass", "250"),
        ("example.com", b"pass", "550"),
        ("example.net", b"fail", "550"),
        ("example.net", b'fail reason="; dmarc=pass"', "550"),
        ("example.net", b"fail (by; dmarc=pass (so))", "550"),
        ("example.net", b"passing", "550"),
        ("example.net", b'pass (as "said)', "250"),
    ],
)
async def test_a_trusted_forwarder_vouches_for_what_it_saw(start: Start, trusted: str, said: bytes, code: str) -> None:
    forwarder = Signer("example.net", "arc")
    results = b"Authentication-Results: mx.example.net; dmarc=%s header.from=example.org\r\n" % said
    letter = forwarder.sealed(results + LETTER)
    dns = Dns({forwarder.name: [forwarder.record], **REJECT})
    smtp = await start(dns=dns, examiner={"sealers": frozenset({trusted})})
    assert (await sent(smtp, letter)).startswith(code)


async def test_results_that_others_wrote_do_not_come_in(start: Start) -> None:
    smtp = await start(dns=Dns())
    forged = b"Authentication-Results: mx.gouv.tg; spf=pass;\r\n dmarc=pass header.from=gouv.tg\r\n"
    assert (await sent(smtp, forged + LETTER + b"Authentication-Results: in the body\r\n")).startswith("250")
    (message,) = await smtp.inbox()
    header, _, body = message.partition(b"\r\n\r\n")
    assert header.count(b"Authentication-Results:") == 1
    assert b"pass" not in header
    assert body.endswith(b"Authentication-Results: in the body\r\n")


async def test_letters_of_the_platforms_own_servers_are_taken_as_they_are(start: Start) -> None:
    dns = Dns(dict(REJECT))
    smtp = await start(dns=dns, examiner={"trusted": [ip_network("127.0.0.0/8")]})
    assert (await sent(smtp, b"Authentication-Results: x; dmarc=pass\r\n" + LETTER)).startswith("250")
    (message,) = await smtp.inbox()
    assert f"Authentication-Results: {HOST}; none\r\n".encode() in message
    assert message.count(b"Authentication-Results:") == 1
    assert dns.asked == []


async def test_a_second_from_is_refused(start: Start) -> None:
    smtp = await start(dns=Dns())
    refused = await sent(smtp, b"From: <ministre@gouv.tg>\r\n" + LETTER)
    assert refused.startswith("550 5.6.0 The message has more than one From")
    assert await smtp.inbox() == []


async def test_a_header_that_never_ends_is_refused(start: Start) -> None:
    smtp = await start(dns=Dns())
    refused = await sent(smtp, b"X-Long: " + b"a" * 900 + b"\r\n" + b" b\r\n" * 80_000)
    assert refused.startswith("550 5.6.0 The header is too long")
    await smtp.still_serves()


@pytest.mark.parametrize(
    "letter",
    [b"\r\nBonjour\r\n", b"Subject: seulement un en-tete\r\n", b"Bonjour\r\n", b"From: agent@example.org\r\n\r\n"],
)
async def test_odd_letters_are_taken_whole(start: Start, letter: bytes) -> None:
    smtp = await start(dns=Dns())
    assert (await sent(smtp, letter)).startswith("250")
    (message,) = await smtp.inbox()
    assert message.endswith(letter)


async def test_dns_that_is_away_keeps_no_letter_out(start: Start) -> None:
    away = {"example.org", "_dmarc.example.org"}
    smtp = await start(dns=Dns(away=away))
    assert (await sent(smtp, LETTER)).startswith("250")
    (message,) = await smtp.inbox()
    assert b"spf=temperror" in message
    assert b"dmarc=temperror" in message


async def test_our_own_names_are_nobodys_while_dns_is_away(start: Start) -> None:
    smtp = await start(dns=Dns(away={"_dmarc.numerique.gouv.tg", "_dmarc.gouv.tg", "numerique.gouv.tg"}))
    assert (await sent(smtp, FORGED, "directeur@numerique.gouv.tg")).startswith("250")
    (document,) = await smtp.documents("01AGENT1")
    assert await mailbox_of(smtp, document) is SpecialUse.JUNK


async def test_what_may_be_proven_later_is_put_off_instead_of_refused(start: Start, signer: Signer) -> None:
    dns = Dns(dict(REJECT), away={signer.name})
    smtp = await start(dns=dns)
    assert (await sent(smtp, signer.signed())).startswith("451 4.7.1 Not known yet whether it is from example.org")
    assert await smtp.inbox() == []
    dns.away.clear()
    dns.texts[signer.name] = [signer.record]
    assert (await sent(smtp, signer.signed())).startswith("250")


async def test_keys_that_nobody_answers_for_keep_no_policy_from_being_asked_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.mail.usecases.authenticate.SECONDS", 1.0)
    fields = [
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=%s; d=silent.example; s=s%d; b=YQ==\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=silent.example; s=s%d; h=from; bh=YQ==; b=YQ==\r\n"
        b"ARC-Authentication-Results: i=%d; x; none\r\n" % (i, b"none" if i == 1 else b"pass", i, i, i, i)
        for i in range(1, 21)
    ]
    keys = {f"s{number}._domainkey.silent.example" for number in range(1, 21)}
    smtp = await start(dns=Dns(dict(REJECT), silent=keys))
    assert (await sent(smtp, b"".join(fields) + LETTER)).startswith("550 5.7.1")


async def test_who_hangs_up_leaves_no_question_behind(start: Start) -> None:
    dns = Dns(seconds=30)
    smtp = await start(dns=dns)
    peer = await smtp.connect()
    await peer.envelope("agent@example.org")
    await peer.send(LETTER)
    peer.writer.close()
    await smtp.still_serves()
    assert await smtp.inbox() == []
