"""What an account keeps is counted with every message, and never comes to more than it may keep."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import OverQuota
from services.mail.domain.envelope import Delivery, Recipient, Result, Sender
from services.mail.domain.options import Options
from services.mail.domain.quota import SMALL, Quota, Usage
from services.mail.domain.uids import ALL
from services.mail.usecases import append, copy, create_mailbox, delete_mailbox, deliver, expunge, move, send
from services.mail.usecases.known import Known
from services.mail.usecases.quota import recount, recount_due, room_for, usage_of
from tests.mail.house import House, chunked, letter

LETTER = letter("Note", "x" * 1000)
SIZE = len(LETTER)


def bounded(house: House, octets: int = 10**9, messages: int = 10**6) -> None:
    house.mail = replace(house.mail, options=Options(quota=Quota(octets, messages)), known=Known())


async def kept(house: House, owner: str) -> Usage:
    return (await usage_of(house.mail, owner)).usage


async def told(house: House) -> list[int]:
    """How near which facts say that somebody came."""
    return [json.loads(fact["body"])["data"]["percent"] for fact in await house.facts("quota_reached")]


async def put(house: House, owner: str, name: str = "Archive", subject: str = "Note") -> None:
    box = await house.box(owner, name)
    await append(house.mail, owner, box.id, await house.content(letter(subject, "x" * 1000)))


async def test_every_way_in_and_out_is_counted(house: House, owner: str) -> None:
    await house.deliver(LETTER, owner)
    assert await kept(house, owner) == Usage(SIZE, 1)
    inbox, archive = await house.box(owner), await house.box(owner, "Archive")
    await append(house.mail, owner, archive.id, await house.content(LETTER))
    await copy(house.mail, owner, archive.id, ALL, inbox.id)
    assert await kept(house, owner) == Usage(3 * SIZE, 3)
    await move(house.mail, owner, inbox.id, ALL, archive.id)
    assert await kept(house, owner) == Usage(3 * SIZE, 3)
    await expunge(house.mail, owner, archive.id, [(1, 1)], only_deleted=False)
    assert await kept(house, owner) == Usage(2 * SIZE, 2)
    box = await create_mailbox(house.mail, owner, "Projet")
    await copy(house.mail, owner, archive.id, ALL, box.id)
    assert await kept(house, owner) == Usage(4 * SIZE, 4)
    await delete_mailbox(house.mail, owner, box.id)
    assert await kept(house, owner) == Usage(2 * SIZE, 2)


async def test_up_to_the_last_octet_and_not_one_more(house: House, owner: str) -> None:
    bounded(house, octets=2 * SIZE)
    await put(house, owner)
    await put(house, owner)
    archive = await house.box(owner, "Archive")
    for refused in (
        put(house, owner, subject="No"),
        copy(house.mail, owner, archive.id, [(1, 1)], archive.id),
    ):
        with pytest.raises(OverQuota):
            await refused
    (outcome,) = await house.deliver(letter("No"), owner)
    assert outcome.result is Result.FAILED
    assert isinstance(outcome.error, OverQuota)
    assert await kept(house, owner) == Usage(2 * SIZE, 2)
    # What it has it may sort, and less is welcome.
    await move(house.mail, owner, archive.id, ALL, (await house.box(owner, "Junk")).id)
    await expunge(house.mail, owner, (await house.box(owner, "Junk")).id, [(1, 1)], only_deleted=False)
    await put(house, owner)


async def test_messages_have_a_quota_too(house: House, owner: str) -> None:
    bounded(house, messages=3)
    for _ in range(3):
        await put(house, owner)
    with pytest.raises(OverQuota):
        await put(house, owner)


async def test_who_keeps_more_than_is_allowed_by_now_loses_nothing(house: House, owner: str) -> None:
    for _ in range(3):
        await put(house, owner)
    bounded(house, octets=SIZE)
    archive = await house.box(owner, "Archive")
    with pytest.raises(OverQuota):
        await put(house, owner)
    await expunge(house.mail, owner, archive.id, [(1, 1)], only_deleted=False)
    with pytest.raises(OverQuota):
        await put(house, owner)
    await expunge(house.mail, owner, archive.id, ALL, only_deleted=False)
    await put(house, owner)


async def test_many_at_once_never_find_more_room_than_there_is(house: House, owner: str) -> None:
    """Into different mailboxes, so that nothing but the account's count is between them."""
    bounded(house, octets=5 * SIZE + SIZE // 2)
    await house.box(owner)
    ways = [put(house, owner, name) for name in ("Archive", "Junk", "Trash", "Drafts") for _ in range(3)]
    done = await asyncio.gather(*ways, return_exceptions=True)
    assert sum(each is None for each in done) == 5
    assert all(each is None or isinstance(each, OverQuota) for each in done)
    assert await kept(house, owner) == Usage(5 * SIZE, 5)


async def test_what_arrives_together_gets_in_as_far_as_there_is_room(house: House, owner: str) -> None:
    bounded(house, octets=3 * SIZE + SIZE // 2)
    await house.box(owner)
    letters = [letter(f"No{number}", "x" * 998) for number in range(6)]
    outcomes = await asyncio.gather(*(house.deliver(each, owner) for each in letters))
    assert sum(outcome.result is Result.DELIVERED for (outcome,) in outcomes) == 3


async def test_an_account_from_before_the_counting_is_counted_when_it_is_met(house: House, owner: str) -> None:
    await put(house, owner)
    await house.database["usages"].delete_many({"_id": owner})
    assert await kept(house, owner) == Usage(SIZE, 1)
    archive = await house.box(owner, "Archive")
    await expunge(house.mail, owner, archive.id, ALL, only_deleted=False)
    assert await kept(house, owner) == Usage()
    await put(house, owner)
    await house.database["usages"].delete_many({"_id": owner})
    bounded(house, octets=2 * SIZE)
    ways = [put(house, owner, name) for name in ("Archive", "Junk", "Trash")]
    done = await asyncio.gather(*ways, return_exceptions=True)
    assert sum(each is None for each in done) == 1
    assert await kept(house, owner) == Usage(2 * SIZE, 2)


async def test_a_sender_without_room_for_the_copy_sends_nothing(house: House, owner: str) -> None:
    bounded(house, octets=SIZE // 2)
    sender = Sender(owner, "agent1@numerique.gouv.tg")
    with pytest.raises(OverQuota):
        await send(house.mail, sender, chunked(LETTER), recipients=["a@example.org"])
    assert house.queued.entries == []
    # What the platform itself has to say keeps no copy.
    await send(house.mail, sender, chunked(LETTER), recipients=["a@example.org"], of_platform=True)


async def test_the_owner_is_warned_once_until_there_is_room_again(house: House, owner: str) -> None:
    bounded(house, messages=10)
    for number in range(9):
        await put(house, owner)
        assert await told(house) == [], number
    await put(house, owner)
    archive = await house.box(owner, "Archive")
    (fact,) = await house.facts("quota_reached")
    assert fact["audience"] == [owner]
    assert '"messages"' in fact["body"]
    assert '"10"' in fact["body"]
    await expunge(house.mail, owner, archive.id, [(1, 1)], only_deleted=False)
    await put(house, owner)
    assert await told(house) == [90]
    await expunge(house.mail, owner, archive.id, [(2, 4)], only_deleted=False)
    for _ in range(3):
        await put(house, owner)
    assert await told(house) == [90, 90]


async def test_a_full_mailbox_is_told_of_once_and_since_when(house: House, owner: str) -> None:
    bounded(house, octets=SMALL + SIZE)
    recipient = Recipient(owner, "agent1@numerique.gouv.tg")
    assert await room_for(house.mail, recipient, 0) is None
    await put(house, owner)
    await put(house, owner)
    content = await house.content(letter("Grand", "x" * SMALL))
    for _ in range(2):
        await deliver(house.mail, sender="a@example.org", content=content, deliveries=[Delivery(recipient)])
    since = await room_for(house.mail, recipient, SMALL)
    assert since == house.clock()
    house.clock.advance(days=4)
    assert await room_for(house.mail, recipient, SMALL) == since
    assert await told(house) == [100]
    # A small letter still finds its room, and is no sign that there is enough again.
    await put(house, owner)
    assert await room_for(house.mail, recipient, SMALL) == since
    await expunge(house.mail, owner, (await house.box(owner, "Archive")).id, ALL, only_deleted=False)
    assert await room_for(house.mail, recipient, SIZE) is None
    await put(house, owner)
    await put(house, owner)
    later = await room_for(house.mail, recipient, SMALL)
    assert later == house.clock() != since


async def test_a_function_needs_room_with_one_holder(house: House, owner: str) -> None:
    bounded(house, messages=1)
    await put(house, owner)
    function = Recipient(owner, "directeur@gouv.tg", ("01JSECOND",))
    assert await room_for(house.mail, function, 0) is None
    content = await house.content(letter("Pour la fonction"))
    (outcome,) = await deliver(house.mail, sender="a@example.org", content=content, deliveries=[Delivery(function)])
    assert outcome.result is Result.DELIVERED
    (outcome,) = await house.deliver(letter("Encore"), owner, sender="b@example.org")
    assert isinstance(outcome.error, OverQuota)
    content = await house.content(letter("Trop"))
    (outcome,) = await deliver(house.mail, sender="a@example.org", content=content, deliveries=[Delivery(function)])
    assert isinstance(outcome.error, OverQuota)


async def test_counting_anew_puts_right_what_was_wrong(house: House, owner: str) -> None:
    await put(house, owner)
    await put(house, owner, "INBOX")
    archive = await house.box(owner, "Archive")
    await house.database["mailboxes"].update_one({"_id": f"{owner}.{archive.id}"}, {"$set": {"size": 1, "unseen": 7}})
    await house.database["usages"].update_one({"_id": owner}, {"$set": {"octets": -5, "messages": 40}})
    assert await recount(house.mail, owner) == (Usage(-5, 40), Usage(2 * SIZE, 2))
    assert (await house.box(owner, "Archive")).size == SIZE
    assert (await house.box(owner, "Archive")).unseen == 1
    assert await recount(house.mail, "01JNOBODY") == (Usage(), Usage())


async def test_the_round_looks_at_each_account_once_a_day(house: House, owner: str) -> None:
    await put(house, owner)
    await house.database["usages"].update_one({"_id": owner}, {"$set": {"octets": 1}})
    assert await recount_due(house.mail) == 1
    assert await kept(house, owner) == Usage(SIZE, 1)
    assert await recount_due(house.mail) == 0
    house.clock.moment += timedelta(days=1, minutes=1)
    assert await recount_due(house.mail) == 1
