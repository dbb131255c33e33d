"""DSN (RFC 3461) as clients ask for it, in reception and in submission."""

import re
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.dsn import decoded, is_xtext
from tests.mail.authentication.signing import Dns
from tests.mail.smtp.peer import AGENT, OTHER, Smtp, Start
from tests.mail.smtp.test_submission import LETTER, logged_in

OUTSIDE = "citoyen@example.org"
PROVEN = Dns({"example.org": [b"v=spf1 ip4:127.0.0.1 -all"]})


@pytest.mark.parametrize(
    "command",
    [
        f"MAIL FROM:<{OUTSIDE}> RET=SOME",
        f"MAIL FROM:<{OUTSIDE}> RET",
        f"MAIL FROM:<{OUTSIDE}> ENVID=",
        f"MAIL FROM:<{OUTSIDE}> ENVID=a+0D+0AX",
        f"MAIL FROM:<{OUTSIDE}> ENVID=a+ZZ",
        f"MAIL FROM:<{OUTSIDE}> ENVID={'x' * 101}",
        f"MAIL FROM:<{OUTSIDE}> RET=FULL RET=HDRS",
        f"RCPT TO:<{AGENT}> NOTIFY=NEVER,SUCCESS",
        f"RCPT TO:<{AGENT}> NOTIFY=",
        f"RCPT TO:<{AGENT}> NOTIFY=ALWAYS",
        f"RCPT TO:<{AGENT}> ORCPT=rfc822",
        f"RCPT TO:<{AGENT}> ORCPT=;x",
        f"RCPT TO:<{AGENT}> ORCPT=rfc822;a+0Ab",
        f"RCPT TO:<{AGENT}> ORCPT=rfc822;{'x' * 500}",
    ],
)
async def test_malformed_wishes_are_refused_and_cost_nothing(smtp: Smtp, command: str) -> None:
    peer = await smtp.connect()
    assert "DSN\r\n" in await peer.expect("EHLO client.example.org", "250")
    if command.startswith("RCPT"):
        await peer.expect(f"MAIL FROM:<{OUTSIDE}>", "250")
    await peer.expect(command, "501 5.5.4")
    await peer.do("RSET")
    await peer.envelope()


async def received(smtp: Smtp, notify: str = "SUCCESS", sender: str = OUTSIDE) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client.example.org", "250")
    await peer.expect(f"MAIL FROM:<{sender}> RET=FULL ENVID=dossier+2B12", "250")
    await peer.expect(f"RCPT TO:<{AGENT}> NOTIFY={notify} ORCPT=rfc822;contact@gouv.tg", "250")
    await peer.expect("DATA", "354")
    await peer.expect(f"From: <{OUTSIDE}>\r\nSubject: Dossier\r\n\r\nTexte\r\n.", "250")


async def test_a_proven_sender_hears_that_it_arrived_once(start: Start) -> None:
    smtp = await start(dns=PROVEN)
    await received(smtp)
    await received(smtp)
    assert len(await smtp.inbox()) == 1
    (entry,) = smtp.house.queued.entries
    assert (entry["sender"], entry["recipients"]) == ("", [OUTSIDE])
    raw = b"".join([piece async for piece in smtp.house.mail.blobs.open(entry["blob"])])
    told = message_from_bytes(raw)
    assert told["To"] == f"<{OUTSIDE}>"
    _, status, original = told.get_payload()
    message, recipient = status.get_payload()
    assert message["Original-Envelope-Id"] == "dossier+12"
    assert recipient["Original-Recipient"] == "rfc822; contact@gouv.tg"
    assert (recipient["Action"], recipient["Status"]) == ("delivered", "2.0.0")
    assert original.get_content_type() == "text/rfc822-headers"


@pytest.mark.parametrize("notify", ["NEVER", "FAILURE,DELAY"])
async def test_who_did_not_ask_hears_nothing(start: Start, notify: str) -> None:
    smtp = await start(dns=PROVEN)
    await received(smtp, notify)
    assert len(await smtp.inbox()) == 1
    assert smtp.house.queued.entries == []


async def test_nobody_is_written_to_whom_a_stranger_names(smtp: Smtp) -> None:
    await received(smtp)
    await received(smtp, sender="")
    assert len(await smtp.inbox()) == 2
    assert smtp.house.queued.entries == []


async def test_submission_tells_of_those_here_and_keeps_the_wishes_of_those_elsewhere(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}> RET=HDRS ENVID=n1", "250")
    await peer.expect(f"RCPT TO:<{OTHER.upper()}> NOTIFY=SUCCESS", "250")
    await peer.expect("RCPT TO:<B@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;B@example.org", "250")
    await peer.expect("DATA", "354")
    await peer.expect(LETTER.decode() + ".", "250")
    (entry,) = submission.house.queued.entries
    wishes = entry["wishes"]
    assert (wishes.ret, wishes.envid) == ("HDRS", "n1")
    assert wishes.of("b@example.org").notify == ("SUCCESS", "DELAY")
    assert wishes.of("b@example.org").orcpt == "rfc822;B@example.org"
    told = [raw for raw in await submission.inbox() if b"report-type=delivery-status" in raw]
    assert len(told) == 1
    assert re.search(rb"Original-Envelope-Id: n1\r\n", told[0])
    assert b"Action: delivered\r\n" in told[0]
    assert told[0].count(b"Final-Recipient:") == 1
    assert OTHER.encode() in told[0]


@given(st.text())
def test_what_is_taken_for_xtext_shows_on_one_line(text: str) -> None:
    if is_xtext(text):
        assert decoded(text).isprintable()


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_xtext_comes_back(text: str) -> None:
    encoded = "".join(f"+{ord(each):02X}" if each in "+=" else each for each in text if each != "\\")
    assert is_xtext(encoded)
    assert decoded(encoded) == text.replace("\\", "")
