"""Submission in the name of others, as a mail program does it: by MAIL and by From."""

from services.mail.domain.sharing import Function
from services.mail.usecases.follow_function import follow_function
from tests.mail.smtp.peer import OTHER, Smtp
from tests.mail.smtp.test_submission import logged_in

COURRIER, FUNCTION = "courrier@sante.gouv.tg", "01JFUNCTION000000000000001"
LETTER = f"From: Courrier <{COURRIER}>\r\nTo: {OTHER}\r\nSubject: Note\r\n\r\nBonjour.\r\n."


async def test_whoever_holds_a_function_submits_as_it_until_another_one_does(submission: Smtp) -> None:
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{COURRIER}>", "550 5.7.1")
    await follow_function(submission.house.mail, Function(FUNCTION, COURRIER, ("01AGENT1",), True, 1))
    await peer.expect(f"MAIL FROM:<{COURRIER}>", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await peer.expect("DATA", "354")
    await peer.expect(LETTER, "250")
    (received,) = await submission.inbox("01AGENT2")
    assert received.startswith(f"Return-Path: <{COURRIER}>\r\n".encode())
    assert b"\r\nSender:" not in received
    assert (await submission.house.box(FUNCTION, "Sent")).messages == 1
    await peer.expect(f"MAIL FROM:<{COURRIER}>", "250")
    await peer.expect(f"RCPT TO:<{OTHER}>", "250")
    await follow_function(submission.house.mail, Function(FUNCTION, COURRIER, ("01AGENT2",), True, 2))
    await peer.expect("DATA", "354")
    await peer.expect(LETTER.replace("Note", "Tard"), "550 5.7.1")
    assert len(await submission.inbox("01AGENT2")) == 1
