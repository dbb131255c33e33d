"""Submission, as a mail program sees it."""

import asyncio
import base64
import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage

from chassis.identity import Revocation
from tests.mail.smtp.peer import AGENT, ALIAS, OTHER, PASSWORD, PLATFORM, PLATFORM_TOKEN, TOKEN, Peer, Smtp, Start


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


OF_PLATFORM = b64(f"n,,\x01auth=Bearer {PLATFORM_TOKEN}\x01\x01")
PLAIN = b64(f"\0{AGENT}\0{PASSWORD}")
LETTER = f"From: Agent <{AGENT}>\r\nTo: {OTHER}\r\nSubject: Note\r\n\r\nBonjour.\r\n".encode()


async def secure(submission: Smtp) -> Peer:
    peer = await submission.connect()
    await peer.expect("EHLO client", "250")
    await peer.starttls(submission.trust)
    await peer.expect("EHLO client", "250")
    return peer


async def logged_in(submission: Smtp) -> Peer:
    peer = await secure(submission)
    await peer.expect(f"AUTH PLAIN {PLAIN}", "235 2.7.0")
    return peer


async def test_smtplib_submits_to_here_and_elsewhere(submission: Smtp) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Cc"], message["Subject"] = AGENT, OTHER, "b@example.org", "Note"
    message["Bcc"] = "c@example.org"
    message.set_content("Bonjour.\n")

    def submit() -> None:
        with smtplib.SMTP("localhost", submission.server.port, timeout=10) as client:
            client.starttls(context=submission.trust)
            client.login(AGENT, PASSWORD)
            client.send_message(message)

    await asyncio.to_thread(submit)
    (received,) = await submission.inbox("01AGENT2")
    assert b"with ESMTPSA id" in received
    assert b"\r\nMessage-ID: <" in received
    assert b"\r\nDate: " in received
    assert b"Bcc" not in received
    (sent,) = await submission.inbox("01AGENT1")
    assert sent.partition(b"Subject:")[2] == received.partition(b"Subject:")[2]
    (queued,) = submission.house.queued.entries
    assert sorted(queued["recipients"]) == ["b@example.org", "c@example.org"]
    assert queued["sender"] == AGENT


async def test_login_wants_tls(submission: Smtp) -> None:
    peer = await submission.connect()
    assert "AUTH" not in await peer.expect("EHLO client", "250")
    await peer.expect(f"AUTH PLAIN {PLAIN}", "538 5.7.11")
    await peer.expect(f"MAIL FROM:<{AGENT}>", "530 5.7.0")
    assert submission.doorkeeper.asked == []
    await peer.starttls(submission.trust)
    assert "AUTH PLAIN LOGIN OAUTHBEARER" in await peer.expect("EHLO client", "250")
    await peer.expect(f"MAIL FROM:<{AGENT}>", "530 5.7.0")


async def test_login_in_the_clear_where_the_setting_allows_it(start: Start) -> None:
    submission = await start(submission=True, plain_login=True)
    peer = await submission.connect()
    assert "AUTH" in await peer.expect("EHLO client", "250")
    await peer.expect(f"AUTH PLAIN {PLAIN}", "235")


async def test_every_mechanism(submission: Smtp) -> None:
    peer = await secure(submission)
    await peer.expect("AUTH PLAIN", "334 ")
    await peer.expect(PLAIN, "235")
    await peer.expect(f"AUTH PLAIN {PLAIN}", "503")
    peer = await secure(submission)
    assert (await peer.expect("AUTH LOGIN", "334")).split()[1] == b64("Username:")
    await peer.expect(b64(AGENT), "334")
    await peer.expect(b64(PASSWORD), "235")
    peer = await secure(submission)
    await peer.expect(f"AUTH LOGIN {b64(AGENT)}", "334")
    await peer.expect(b64(PASSWORD), "235")
    peer = await secure(submission)
    await peer.expect("AUTH OAUTHBEARER " + b64(f"n,a={AGENT},\x01auth=Bearer {TOKEN}\x01\x01"), "235")
    assert submission.doorkeeper.asked == [(AGENT, "127.0.0.1")] * 3


async def test_wrong_credentials(submission: Smtp) -> None:
    peer = await secure(submission)
    wrong = b64(f"\0{AGENT}\0wrong")
    await peer.expect(f"AUTH PLAIN {wrong}", "535 5.7.8")
    await peer.expect("AUTH OAUTHBEARER " + b64("n,,\x01auth=Bearer forged\x01\x01"), "334")
    await peer.expect("AQ==", "535 5.7.8")
    await peer.expect(f"AUTH PLAIN {wrong}", "535 5.7.8")
    assert await peer.reply() == ""


async def test_malformed_credentials(submission: Smtp) -> None:
    peer = await secure(submission)
    for command, code in (
        ("AUTH CRAM-MD5", "504 5.5.4"),
        ("AUTH PLAIN ****", "501 5.5.2"),
        ("AUTH PLAIN " + b64("only one"), "501 5.5.2"),
        ("AUTH PLAIN " + base64.b64encode(b"\0a\0\xff").decode(), "501 5.5.2"),
        ("AUTH PLAIN " + b64(f"{OTHER}\0{AGENT}\0{PASSWORD}"), "535 5.7.8"),
        ("AUTH OAUTHBEARER " + b64("nonsense"), "501 5.5.2"),
    ):
        await peer.expect(command, code)
    await peer.expect("AUTH PLAIN", "334")
    await peer.expect("*", "501 5.7.0")
    assert submission.doorkeeper.asked == []


async def test_a_directory_that_is_away_and_a_lockout(submission: Smtp) -> None:
    peer = await secure(submission)
    submission.doorkeeper.away = True
    await peer.expect(f"AUTH PLAIN {PLAIN}", "454 4.7.0")
    submission.doorkeeper.away, submission.doorkeeper.locked = False, True
    await peer.expect(f"AUTH PLAIN {PLAIN}", "421 4.7.0")


async def test_the_sender_owns_envelope_and_header(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{OTHER}>", "550 5.7.1")
    await peer.expect("MAIL FROM:<>", "550 5.7.1")
    await peer.expect("MAIL FROM:<agent2+x@numerique.gouv.tg>", "550 5.7.1")
    await peer.expect("MAIL FROM:<agent1+rendez-vous@numerique.gouv.tg>", "250")
    await peer.expect("RSET", "250")
    await peer.expect(f"MAIL FROM:<{ALIAS}> AUTH=<> SIZE=10", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(LETTER.replace(AGENT.encode(), OTHER.encode()) + b".\r\nNOOP\r\n")
    assert (await peer.reply()).startswith("550 5.7.1")
    assert (await peer.reply()).startswith("250")
    await peer.expect(f"MAIL FROM:<{ALIAS}>", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250 2.0.0 Accepted as ")
    (received,) = await submission.inbox("01AGENT2")
    assert received.startswith(f"Return-Path: <{ALIAS}>\r\n".encode())


async def test_recipients_are_checked_here_and_free_elsewhere(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect("RCPT TO:<nobody@numerique.gouv.tg>", "550 5.1.1")
    await peer.expect("RCPT TO:<a%b@example.org>", "550 5.7.1")
    await peer.expect("RCPT TO:<anybody@example.org>", "250")


async def test_bdat_submits(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.send(b"BDAT %d LAST\r\n" % len(LETTER) + LETTER)
    assert (await peer.reply()).startswith("250 2.0.0 Accepted as ")
    assert len(await submission.inbox("01AGENT2")) == 1


async def test_a_message_without_from_is_refused(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(b"Subject: nobody\r\n\r\nx\r\n.\r\n")
    assert (await peer.reply()).startswith("550 5.6.0")


async def test_a_loop_is_refused_before_anything_is_sent(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.expect("RCPT TO:<a@example.org>", "250")
    await peer.expect("DATA", "354")
    await peer.send(b"Received: from a by b; now\r\n" * 51 + LETTER + b".\r\n")
    assert (await peer.reply()).startswith("554 5.4.6")
    assert await submission.inbox("01AGENT2") == []
    assert await submission.inbox("01AGENT1") == []
    assert submission.house.queued.entries == []


async def test_who_is_suspended_sends_nothing_more(submission: Smtp) -> None:
    waiting, writing, other = [await logged_in(submission) for _ in range(3)]
    await writing.expect(f"MAIL FROM:<{AGENT}>", "250")
    await writing.expect(f"RCPT TO:<{OTHER}>", "250")
    submission.revocations.add(Revocation("01SOMEBODY", "", datetime.now(UTC)))
    await other.expect("NOOP", "250")
    submission.revocations.add(Revocation("01AGENT1", "", datetime.now(UTC)))
    for peer in (waiting, other):
        assert (await peer.reply()).startswith("421 4.7.0")
        assert await peer.closed()
    await writing.expect("RSET", "250")
    await writing.expect(f"MAIL FROM:<{AGENT}>", "421 4.7.0")
    assert await writing.closed()


async def test_what_the_platform_writes_leaves_no_copy_and_no_fact_and_comes_from_nobody(submission: Smtp) -> None:
    peer = await secure(submission)
    await peer.expect(f"AUTH OAUTHBEARER {OF_PLATFORM}", "235 2.7.0")
    await peer.expect("MAIL FROM:<>", "250")
    for address in (OTHER, "a@example.org"):
        await peer.expect(f"RCPT TO:<{address}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(f"From: <{PLATFORM}>\r\nTo: {OTHER}\r\nSubject: Code\r\n\r\nsecret\r\n.\r\n".encode())
    assert (await peer.reply()).startswith("250")
    (received,) = await submission.inbox("01AGENT2")
    assert received.startswith(b"Return-Path: <>\r\n")
    (queued,) = submission.house.queued.entries
    assert (queued["sender"], queued["recipients"]) == ("", ("a@example.org",))
    database = submission.house.database
    assert await database["mailboxes"].find_one({"owner": "platform:letters"}) is None
    of_platform = {"_id": {"$gt": "platform:letters.", "$lt": "platform:letters/"}}
    (accepted,) = [each async for each in database["submissions"].find(of_platform)]
    assert "outbox" not in accepted


async def test_nobody_but_the_platform_submits_from_nobody(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect("MAIL FROM:<>", "550 5.7.1")
    peer = await secure(submission)
    await peer.expect(f"AUTH OAUTHBEARER {OF_PLATFORM}", "235 2.7.0")
    await peer.expect(f"MAIL FROM:<{AGENT}>", "550 5.7.1")
    await peer.expect("MAIL FROM:<>", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(f"From: <{AGENT}>\r\nTo: {OTHER}\r\n\r\nforged\r\n.\r\n".encode())
    assert (await peer.reply()).startswith("550")


async def test_agents_reach_whoever_answers_for_a_domain(submission: Smtp) -> None:
    """Whoever has an abuse to report is as often one of ours."""
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    for name in ("postmaster@numerique.gouv.tg", "Abuse@Gouv.TG", "security@gouv.tg"):
        await peer.expect(f"RCPT TO:<{name}>", "250 2.1.5")
    await peer.expect("RCPT TO:<webmaster@gouv.tg>", "550 5.1.1")
    await peer.expect("DATA", "354")
    await peer.send(LETTER + b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert (await submission.house.box("01AGENT1")).messages == 1
