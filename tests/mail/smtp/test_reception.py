"""Reception, as a sending server sees it."""

import asyncio
import re
import smtplib
from collections import Counter
from typing import Any

from structlog.testing import capture_logs

from chassis.errors import Unavailable
from services.mail.domain.options import Options
from tests.mail.smtp.peer import AGENT, OTHER, Smtp, Start

LETTER = b"From: a@example.org\r\nSubject: Note\r\n\r\nBonjour.\r\n"


async def test_a_letter_arrives_with_its_trace(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(LETTER + b".\r\n")
    accepted = await peer.reply()
    assert accepted.startswith("250 2.0.0 Accepted as ")
    (message,) = await smtp.inbox()
    identifier = accepted.split()[-1]
    head, _, rest = message.partition(b"From: ")
    assert re.fullmatch(
        rf"Return-Path: <a@example.org>\r\nDelivered-To: {AGENT}\r\n"
        rf"Authentication-Results: mx.gouv.tg;\r\n\tspf=none smtp.mailfrom=a@example.org;\r\n\tdkim=none;\r\n"
        rf"\tdmarc=none header.from=example.org;\r\n\tarc=none\r\n"
        rf"Received: from client.example.org \(\[127.0.0.1\]\)\r\n"
        rf"\tby mx.gouv.tg with ESMTP id {identifier}\r\n\tfor <{AGENT}>;\r\n\t[^\r\n]+ \+0000\r\n",
        head.decode(),
    )
    assert b"From: " + rest == LETTER


async def test_the_log_tells_of_each_message_by_its_id_and_names_nobody(smtp: Smtp) -> None:
    peer = await smtp.connect()
    with capture_logs() as logs:
        await peer.envelope()
        await peer.send(LETTER + b".\r\n")
        identifier = (await peer.reply()).split()[-1]
        await peer.envelope()
        await peer.send(b"Received: a\r\n" * 200 + LETTER + b".\r\n")
        assert (await peer.reply()).startswith("554 5.4.6")
    accepted, refused = (line for line in logs if line["event"].startswith("message_"))
    assert (accepted["event"], accepted["id"], accepted["recipients"]) == ("message_accepted", identifier, 1)
    assert (refused["event"], refused["reply"], refused["peer"]) == ("message_refused", "554 5.4.6", "127.0.0.1")
    assert AGENT not in str(logs)


async def test_smtplib_delivers_with_and_without_tls(smtp: Smtp) -> None:
    def deliver(tls: bool) -> None:
        with smtplib.SMTP("localhost", smtp.server.port, timeout=10) as client:
            if tls:
                client.starttls(context=smtp.trust)
            text = f"From: a@example.org\nSubject: {tls}\n\n.\n..\n.a\nFin\n"
            assert client.sendmail("a@example.org", [AGENT, OTHER], text) == {}

    for tls in (False, True):
        await asyncio.to_thread(deliver, tls)
    plain, secured = await smtp.inbox()
    assert b"with ESMTP id" in plain
    assert b"with ESMTPS id" in secured
    assert plain.endswith(b"\r\n\r\n.\r\n..\r\n.a\r\nFin\r\n")
    assert len(await smtp.inbox("01AGENT2")) == 2


async def test_what_ehlo_offers(smtp: Smtp) -> None:
    peer = await smtp.connect()
    offered = (await peer.expect("EHLO client", "250")).splitlines()
    assert [line[4:] for line in offered] == [
        "mx.gouv.tg", "PIPELINING", "SIZE 52428800", "8BITMIME", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES",
        "SMTPUTF8", "DSN", "STARTTLS",
    ]  # fmt: skip


async def test_helo_gets_one_line_and_a_plain_trace(smtp: Smtp) -> None:
    peer = await smtp.connect()
    assert await peer.do("HELO client") == "250 mx.gouv.tg\r\n"
    await peer.expect("MAIL FROM:<>", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    (message,) = await smtp.inbox()
    assert message.startswith(b"Return-Path: <>\r\n")
    assert b"with SMTP id" in message


async def test_one_blob_for_many_recipients(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope("a@example.org", AGENT, OTHER)
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    blobs = {item["blob"] for owner in ("01AGENT1", "01AGENT2") for item in await smtp.documents(owner)}
    assert len(blobs) == 1
    for owner, address in (("01AGENT1", AGENT), ("01AGENT2", OTHER)):
        (message,) = await smtp.inbox(owner)
        assert f"Delivered-To: {address}\r\n".encode() in message
        other = OTHER if address == AGENT else AGENT
        assert other.encode() not in message


async def test_a_repeat_within_a_day_makes_no_second_copy(smtp: Smtp) -> None:
    for _ in range(3):
        peer = await smtp.connect()
        await peer.envelope()
        await peer.send(LETTER + b".\r\n")
        assert (await peer.reply()).startswith("250")
    assert len(await smtp.inbox()) == 1


async def test_recipients_that_do_not_exist_are_told_apart_from_a_directory_that_is_away(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org>", "250 2.1.0")
    await peer.expect("RCPT TO:<nobody@numerique.gouv.tg>", "550 5.1.1")
    smtp.house.people.away = Unavailable("directory")
    await peer.expect("RCPT TO:<nobody@numerique.gouv.tg>", "451 4.4.3")
    await peer.expect(f"RCPT TO:<{AGENT.upper()}>", "250 2.1.5")
    smtp.house.people.away = None
    smtp.house.people.known["new@numerique.gouv.tg"] = "01NEW"
    await peer.expect("RCPT TO:<new@numerique.gouv.tg>", "250 2.1.5")
    await peer.expect("RCPT TO:<Postmaster>", "250 2.1.5")


async def test_every_domain_of_ours_has_a_postmaster(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<>", "250")
    await peer.expect("RCPT TO:<PostMaster@numerique.gouv.tg>", "250 2.1.5")
    await peer.expect("RCPT TO:<postmaster@example.org>", "550 5.7.1")
    await peer.expect("DATA", "354")
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert len(await smtp.inbox()) == 1


async def test_somebody_answers_for_abuse_in_every_domain(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.expect("RCPT TO:<Abuse@finances.gouv.tg>", "250 2.1.5")
    await peer.expect("RCPT TO:<security@numerique.gouv.tg>", "250 2.1.5")
    await peer.expect("RCPT TO:<info@numerique.gouv.tg>", "550 5.1.1")
    # Who has the name itself gets what is written to it.
    smtp.house.people.heard["abuse@numerique.gouv.tg"] = "01AGENT2"
    await peer.expect("RSET", "250")
    await peer.envelope("a@example.org", "abuse@numerique.gouv.tg")
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert (len(await smtp.inbox()), len(await smtp.inbox("01AGENT2"))) == (0, 1)


async def test_a_detail_behind_plus_is_the_accounts_own(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope("a@example.org", "agent1+Budget+2026@numerique.gouv.tg", AGENT)
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    (message,) = await smtp.inbox()
    assert b"Delivered-To: agent1+budget+2026@numerique.gouv.tg\r\n" in message
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    for nobody in ("nobody+x@numerique.gouv.tg", "+agent1@numerique.gouv.tg"):
        await peer.expect(f"RCPT TO:<{nobody}>", "550 5.1.1")


async def test_nothing_is_relayed(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    for recipient in (
        "victim@example.com",
        f"victim%example.com@{AGENT.partition('@')[2]}",
        f"@relay.example.org:{AGENT}",
        f"@relay.example.org,@b.example.org:{AGENT}",
        "example.com!victim@numerique.gouv.tg",
        "example.com!victim",
        '"victim@example.com"@numerique.gouv.tg',
        "victim@example.com@numerique.gouv.tg",
    ):
        found = await peer.do(f"RCPT TO:<{recipient}>")
        assert found.startswith(("550 5.7.1", "553 5.1.3")), (recipient, found)
    await peer.expect("DATA", "554 5.5.1")


async def test_too_many_recipients_are_for_the_next_time(start: Start) -> None:
    smtp = await start(max_recipients=3, recipients_overshoot=4, max_errors=2)
    for number in range(9):
        smtp.house.people.heard[f"r{number}@numerique.gouv.tg"] = f"01R{number}"
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    answers = [await peer.do(f"RCPT TO:<r{number}@numerique.gouv.tg>") for number in range(7)]
    assert [answer[:9] for answer in answers] == ["250 2.1.5"] * 3 + ["452 4.5.3"] * 4
    await peer.expect("DATA", "354")
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert len(await smtp.inbox("01R2")) == 1


async def test_ten_thousand_recipients_end_the_connection(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    sending = asyncio.create_task(peer.send(f"RCPT TO:<{AGENT}>\r\n".encode() * 10_000))
    answers: Counter[str] = Counter()
    while answer := await peer.reply():
        answers[answer[:9]] += 1
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert answers == {"250 2.1.5": 1000, "452 4.5.3": 1020, "421 4.7.0": 1}
    await smtp.still_serves()


async def test_size_is_refused_before_and_after(start: Start, house: Any) -> None:
    import dataclasses

    house.mail = dataclasses.replace(house.mail, options=Options(max_message=100_000))
    smtp = await start()
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org> SIZE=100001", "552 5.3.4")
    await peer.expect("MAIL FROM:<a@example.org> SIZE=10 BODY=8BITMIME", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" * 60_000 + b".\r\nNOOP\r\n")
    assert (await peer.reply()).startswith("552 5.3.4")
    assert (await peer.reply()).startswith("250")
    await peer.envelope()
    try:
        await peer.send(b"x" * 5_000_000)
        ended = await peer.reply()
    except ConnectionError:
        ended = ""
    assert ended.startswith("552 5.3.4") or not ended
    await smtp.still_serves()


async def test_parameters(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org> BODY=9BIT", "501 5.5.4")
    await peer.expect("MAIL FROM:<a@example.org> SIZE=x", "501 5.5.4")
    await peer.expect("MAIL FROM:<a@example.org> X-ODD=1", "555 5.5.4")
    await peer.expect("MAIL FROM:<é@example.org>", "553 5.6.7")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.expect(f"RCPT TO:<{AGENT}> X-ODD=1", "555 5.5.4")


async def test_the_order_of_commands(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("MAIL FROM:<a@example.org>", "503 5.5.1")
    await peer.expect("EHLO", "501 5.5.4")
    await peer.expect("EHLO client", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "503 5.5.1")
    await peer.expect("DATA", "503 5.5.1")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.expect("MAIL FROM:<a@example.org>", "503 5.5.1")
    await peer.expect("RSET", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "503 5.5.1")
    await peer.expect("VRFY agent1", "252")
    await peer.expect("HELP", "214")
    await peer.expect("NOOP", "250")
    await peer.expect("EXPN all", "500 5.5.1")
    await peer.expect("AUTH PLAIN AAAA", "502 5.5.1")
    await peer.expect("QUIT", "221")
    assert await peer.closed()


async def test_a_loop_is_ended(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(b"Received: from a by b; now\r\n" * 51 + LETTER + b".\r\n")
    assert (await peer.reply()).startswith("554 5.4.6")
    await peer.envelope()
    await peer.send(f"delivered-to: {AGENT}\r\n".encode() + LETTER + b".\r\n")
    assert (await peer.reply()).startswith("554 5.4.6")
    await peer.envelope("a@example.org", AGENT, OTHER)
    await peer.send(f"Delivered-To: {AGENT}\r\n".encode() + LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert (len(await smtp.inbox()), len(await smtp.inbox("01AGENT2"))) == (0, 1)
    await peer.envelope()
    await peer.send(b"Received: from a by b; now\r\n" * 49 + LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")


async def test_250_only_when_it_is_durable(smtp: Smtp, monkeypatch: Any) -> None:
    async def refusing(*_: Any, **__: Any) -> None:
        raise Unavailable("object store: SlowDown")

    peer = await smtp.connect()
    with monkeypatch.context() as patched:
        patched.setattr(smtp.house.mail.blobs._objects, "write", refusing)
        await peer.envelope()
        await peer.send(LETTER + b".\r\n")
        assert (await peer.reply()).startswith("451 4.3.0")
    with monkeypatch.context() as patched:
        patched.setattr(smtp.house.mail.store.messages, "insert", refusing)
        await peer.envelope()
        await peer.send(LETTER + b".\r\n")
        assert (await peer.reply()).startswith("451 4.3.0")
    assert await smtp.inbox() == []
    await peer.envelope()
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert len(await smtp.inbox()) == 1


async def test_limits_of_connections(start: Start) -> None:
    smtp = await start(connections_per_address=2)
    first, _ = await smtp.connect(), await smtp.connect()
    third = await smtp.connect(greeted=False)
    assert (await third.reply()).startswith("421 4.7.0")
    assert await third.closed()
    await first.expect("QUIT", "221")
    assert await first.closed()
    await asyncio.sleep(0.05)
    await smtp.still_serves()


async def test_errors_end_the_connection(start: Start) -> None:
    smtp = await start(max_errors=3)
    peer = await smtp.connect()
    await peer.expect("FOO", "500")
    await peer.expect("BAR", "500")
    await peer.expect("BAZ", "500")
    assert (await peer.reply()).startswith("421 4.7.0")
    assert await peer.closed()


async def test_who_says_nothing_is_sent_away(start: Start) -> None:
    smtp = await start(command_seconds=0.2, data_seconds=0.2)
    silent, stalled = await smtp.connect(), await smtp.connect()
    await stalled.envelope()
    await stalled.send(b"Subject: ")
    for peer in (silent, stalled):
        assert (await peer.reply()).startswith("421 4.4.2")
        assert await peer.closed()


async def test_a_message_that_never_ends_is_ended(start: Start) -> None:
    smtp = await start(message_seconds=0.3)
    peer = await smtp.connect()
    await peer.envelope()
    for _ in range(8):
        await peer.send(b"more\r\n")
        await asyncio.sleep(0.05)
    await peer.send(b"more\r\n")
    assert (await peer.reply()).startswith("421 4.4.2")


async def test_drain_lets_a_transaction_end(smtp: Smtp) -> None:
    idle, busy = await smtp.connect(), await smtp.connect()
    await busy.envelope()
    draining = asyncio.create_task(smtp.server.drain())
    assert (await idle.reply()).startswith("421 4.3.2")
    await busy.send(LETTER + b".\r\n")
    assert (await busy.reply()).startswith("250")
    assert (await busy.reply()).startswith("421 4.3.2")
    await asyncio.wait_for(draining, 5)
    assert len(await smtp.inbox()) == 1


async def test_who_guesses_at_recipients_learns_no_more(start: Start) -> None:
    smtp = await start(unknown_recipients=5)
    known, unknown = f"RCPT TO:<{AGENT}>", "RCPT TO:<nobody{}@numerique.gouv.tg>"
    answers = []
    for connection in range(3):
        peer = await smtp.connect()
        await peer.do("EHLO client.example.org")
        await peer.do("MAIL FROM:<a@example.org>")
        assert connection or (await peer.do(known)).startswith("250")
        answers += [await peer.do(unknown.format(number)) for number in range(3)]
        last = await peer.do(known)
    assert [answer[:9] for answer in answers] == ["550 5.1.1"] * 5 + ["450 4.7.1"] * 4
    # Whoever exists is put off in the same words.
    assert last == answers[-1]
