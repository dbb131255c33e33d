"""Letters in UTF-8 on the way out: to servers that know it as they are, to others what they can take."""

from email import message_from_bytes
from typing import Any

from services.mail.domain.dsn import NO_WISHES
from tests.mail.house import letter
from tests.mail.relay.extended import extended
from tests.mail.relay.post import OWNER, SENDER, Post

PLAIN, NAMED = "b@example.org", "élève@example.org"


async def enqueue(post: Post, *recipients: str, utf8: bool = False, sender: str = SENDER) -> None:
    content = await post.house.content(letter("Réunion" if utf8 else "Reunion"))

    async def act(session: Any) -> None:
        await post.queue.enqueue(
            submission_id="01SUBMISSION", owner=OWNER, sender=sender, recipients=recipients,
            blob=content.blob, size=content.size, session=session, wishes=NO_WISHES, utf8=utf8,
        )  # fmt: skip

    await post.house.mail.store.transaction(act)


async def test_who_knows_utf8_gets_it_as_it_is(post: Post) -> None:
    async with extended("SMTPUTF8", "8BITMIME") as remote:
        post.routes.table["example.org"] = [remote.server()]
        await enqueue(post, PLAIN, NAMED, utf8=True)
        await post.settled()
    assert remote.told("MAIL")[0].endswith("BODY=8BITMIME SMTPUTF8")
    assert remote.told("RCPT") == [f"RCPT TO:<{PLAIN}>", f"RCPT TO:<{NAMED}>"]
    assert "Subject: Réunion".encode() in remote.received[0]
    assert await post.inbox() == []


async def test_who_does_not_know_it_is_not_sent_a_header_in_it(post: Post) -> None:
    async with extended("8BITMIME") as remote:
        post.routes.table["example.org"] = [remote.server()]
        await enqueue(post, PLAIN, utf8=True)
        await post.settled()
    assert remote.received == []
    assert remote.told("MAIL") == []
    (raw,) = await post.inbox()
    assert b"Status: 5.6.7\r\n" in raw
    assert b"SMTPUTF8" in raw
    assert await post.entries() == []


async def test_of_several_recipients_those_in_ascii_get_it(post: Post) -> None:
    async with extended("8BITMIME") as remote:
        post.routes.table["example.org"] = [remote.server()]
        await enqueue(post, PLAIN, NAMED)
        await post.settled()
    assert remote.told("MAIL")[0].endswith("BODY=8BITMIME")
    assert remote.told("RCPT") == [f"RCPT TO:<{PLAIN}>"]
    assert len(remote.received) == 1
    (raw,) = await post.inbox()
    _, status, _ = message_from_bytes(raw).get_payload()
    assert status.get_content_type() == "message/global-delivery-status"
    assert f"Final-Recipient: utf-8; {NAMED}\r\nAction: failed\r\nStatus: 5.6.7\r\n".encode() in raw
