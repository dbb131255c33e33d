"""What a sender asked to be told (RFC 3461), on the way out."""

from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest

from services.mail.domain.dsn import Wish, Wishes
from services.mail.relay.route import NoRoute, Server
from tests.mail.house import letter
from tests.mail.relay.extended import extended
from tests.mail.relay.post import OWNER, SENDER, Post, RemoteOf

THERE, THEIRS = "b@example.org", "c@example.org"
SUCCESS = Wish(("SUCCESS", "FAILURE"), "rfc822;alias+2Bx@example.org")
NEVER = Wish(("NEVER",))


async def enqueue(post: Post, wishes: Wishes, *recipients: str, source: bytes | None = None) -> None:
    content = await post.house.content(source or letter())

    async def act(session: Any) -> None:
        await post.queue.enqueue(
            submission_id="01SUBMISSION", owner=OWNER, sender=SENDER, recipients=recipients,
            blob=content.blob, size=content.size, session=session, wishes=wishes,
        )  # fmt: skip

    await post.house.mail.store.transaction(act)


async def test_wishes_are_passed_on_to_who_knows_them(post: Post) -> None:
    async with extended("DSN", "SIZE") as remote:
        post.routes.table["example.org"] = [remote.server()]
        await enqueue(post, Wishes("HDRS", "QQ314159", {THERE: SUCCESS, THEIRS: NEVER}), THERE, THEIRS)
        await post.settled()
    (mail,) = remote.told("MAIL")
    assert mail.endswith(" RET=HDRS ENVID=QQ314159")
    assert remote.told("RCPT") == [
        f"RCPT TO:<{THERE}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;alias+2Bx@example.org",
        f"RCPT TO:<{THEIRS}> NOTIFY=NEVER",
    ]
    assert await post.inbox() == []
    assert await post.entries() == []


async def test_a_server_that_tells_nothing_is_the_last_that_is_known(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    await enqueue(post, Wishes("", "QQ+2B1", {THERE: SUCCESS}), THERE, THEIRS)
    await post.settled()
    assert remote.received[0][1] == [THERE, THEIRS]
    (raw,) = await post.inbox()
    words, status, _ = message_from_bytes(raw).get_payload()
    assert "transmis" in words.get_payload(decode=True).decode()
    message, recipient = status.get_payload()
    assert message["Original-Envelope-Id"] == "QQ+1"
    assert recipient["Original-Recipient"] == "rfc822; alias+x@example.org"
    assert (recipient["Final-Recipient"], recipient["Action"]) == (f"rfc822; {THERE}", "relayed")
    assert recipient["Status"][0] == "2"
    assert await post.entries() == []


async def test_never_is_told_nothing_yet_the_fact_stays(post: Post) -> None:
    post.routes.table["example.org"] = NoRoute("5.1.2", "example.org does not exist")
    await enqueue(post, Wishes("", "", {THERE: NEVER}), THERE)
    await post.settled()
    assert await post.inbox() == []
    assert await post.entries() == []
    assert await post.house.database["queue"].count_documents({"pending": 1}) == 1


@pytest.mark.parametrize(("notify", "notices"), [(("FAILURE",), 0), (("DELAY",), 1), ((), 1), (("NEVER",), 0)])
async def test_a_delay_is_told_to_who_wants_it(
    post: Post, nobody: Server, notify: tuple[str, ...], notices: int
) -> None:
    post.routes.table["example.org"] = [nobody]
    await enqueue(post, Wishes("", "", {THERE: Wish(notify)}), THERE)
    post.house.clock.moment += timedelta(hours=5)
    await post.settled()
    assert len(await post.inbox()) == notices


@pytest.mark.parametrize(("ret", "kind"), [("FULL", "message/rfc822"), ("HDRS", "text/rfc822-headers")])
async def test_as_much_of_the_message_comes_back_as_was_asked_for(post: Post, ret: str, kind: str) -> None:
    post.routes.table["example.org"] = NoRoute("5.1.2", "example.org does not exist")
    await enqueue(post, Wishes(ret), THERE, source=letter(body="Tout le texte."))
    await post.settled()
    (raw,) = await post.inbox()
    _, _, original = message_from_bytes(raw).get_payload()
    assert original.get_content_type() == kind
    assert (b"Tout le texte." in raw) is (ret == "FULL")
    assert b"Subject: Note" in raw


async def test_a_crash_after_the_report_tells_once(post: Post, remote_of: RemoteOf, monkeypatch: Any) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    await enqueue(post, Wishes("", "", {THERE: SUCCESS}), THERE)
    record = post.queue.record

    async def crashing(claimed: Any, after: Any, facts: Any = ()) -> bool:
        if not after.recipients:
            raise ConnectionResetError("killed")
        return await record(claimed, after, facts)

    with monkeypatch.context() as patched:
        patched.setattr(post.queue, "record", crashing)
        await post.settled()
    (entry,) = await post.entries()
    post.house.clock.moment = entry["due"]
    await post.settled()
    assert len(remote.received) == len(await post.inbox()) == 1
    assert await post.entries() == []
