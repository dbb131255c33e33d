"""Whoever's address stands on a letter that we could not deliver gets no letter from us unless it is ours."""

import pytest

from chassis.identity import acting_as
from services.mail.domain.queue import GIVE_UP_AFTER
from services.mail.store.queue_view import Wanted
from services.mail.usecases.erase_account import begin_erasure
from services.mail.usecases.operate_queue import drop_queued, list_queue
from tests.mail.house import letter
from tests.mail.relay.post import OWNER, Post, RemoteOf

THERE = "b@example.org"
REFUSAL = {THERE: "550 5.1.1 nobody here"}


async def test_a_stranger_whose_letter_went_on_from_here_is_told_nothing(post: Post, remote_of: RemoteOf) -> None:
    """The account that it went on from is."""
    remote, stranger = await remote_of(recipients=REFUSAL), await remote_of()
    post.routes.table |= {"example.org": [remote.server()], "example.com": [stranger.server()]}
    await post.enqueue(letter(), THERE, sender="forged@example.com")
    await post.settled()
    assert await post.entries() == []
    assert stranger.connections == 0
    (notice,) = await post.inbox()
    assert notice.startswith(b"Return-Path: <>\r\n")


async def test_what_has_no_sender_is_told_to_nobody_when_it_takes_long_nor_when_it_is_given_up(
    post: Post, remote_of: RemoteOf
) -> None:
    remote = await remote_of(recipients={THERE: "450 4.2.0 later"})
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE, sender="")
    for _ in range(2):
        post.house.clock.advance(hours=5)
        await post.settled()
    assert await post.inbox() == []
    post.house.clock.moment += GIVE_UP_AFTER
    await post.settled()
    assert await post.entries() == []
    assert await post.inbox() == []


async def test_what_has_no_sender_is_told_to_nobody_when_an_operator_drops_it(post: Post, remote_of: RemoteOf) -> None:
    await post.enqueue(letter(), THERE, sender="")
    (seen,) = await list_queue(post.house.mail, Wanted(), "", 10)
    with acting_as(None):
        await drop_queued(post.house.mail, seen.id, tell_sender=True)
    await post.settled()
    assert await post.entries() == []
    assert await post.inbox() == []


@pytest.mark.parametrize("refused", ["RCPT", "DATA"])
async def test_a_notice_that_nobody_is_there_to_read_is_not_sent_anywhere_else(
    post: Post, remote_of: RemoteOf, refused: str
) -> None:
    remote = await remote_of(**({"recipients": REFUSAL} if refused == "RCPT" else {"data": "554 5.7.1 spam"}))
    post.routes.table["example.org"] = [remote.server()]
    await begin_erasure(post.house.mail, OWNER)
    await post.enqueue(letter(), THERE)
    await post.settled()
    assert await post.entries() == []
    assert await post.inbox() == []
    assert remote.received == []
