"""What the store asks of the database: that an index answers, and that both drivers do."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient

from chassis.documents import scans
from services.mail.domain.envelope import Sender
from services.mail.domain.flags import FlagAction
from services.mail.domain.search import EVERYTHING, And, HasFlag, Header, ModSeq, Not, Size, Text
from services.mail.domain.uids import ALL
from services.mail.store import MailStore
from services.mail.usecases import (
    Mail,
    append,
    changes_since,
    copy,
    create_mailbox,
    cursors,
    delete_mailbox,
    expunge,
    fetch_particulars,
    fetch_rows,
    find_mailbox,
    forget_expunges,
    list_mailboxes,
    list_messages,
    move,
    named_blobs,
    open_message,
    rename_mailbox,
    resume_submissions,
    search,
    send,
    sources,
    store_flags,
    store_source,
    subscribe,
    view,
)
from services.mail.usecases.read_message import open_part
from tests.mail.house import House, chunked, letter


async def a_life(mail: Mail, owner: str) -> None:
    """Every use case, once at least."""
    inbox = await find_mailbox(mail, owner, "INBOX")
    made = await create_mailbox(mail, owner, "A/B")
    await rename_mailbox(mail, owner, made.id, "C")
    await subscribe(mail, owner, made.id, False)
    content = await store_source(mail, chunked(letter()))
    placed = await append(mail, owner, inbox.id, content, flags=["\\Seen"])
    for _ in range(9):
        await copy(mail, owner, inbox.id, ALL, inbox.id)
    await move(mail, owner, inbox.id, [(3, 4), (500, 501)], made.id)
    await store_flags(mail, owner, inbox.id, [(5, 9)], FlagAction.ADD, ["\\Deleted"], unchanged_since=10**6)
    await expunge(mail, owner, inbox.id)
    await changes_since(mail, owner, inbox.id, 1)
    await cursors(mail, [(owner, inbox.id), (owner, made.id)])
    assert len((await view(mail, owner, inbox.id)).uids) == 503
    for _ in range(2):
        assert len([row async for rows in fetch_rows(mail, owner, inbox.id, ALL) for row in rows]) == 503
    assert len([body async for body in fetch_particulars(mail, owner, inbox.id, [(1, 2), (400, 402)])]) == 5
    assert len([source async for source in sources(mail, owner, inbox.id, [(1, 2)])]) == 2
    for criterion in (EVERYTHING, And((HasFlag("\\Seen"), Not(ModSeq(9)))), Size(smaller=9), Header("Subject", "n")):
        await search(mail, owner, inbox.id, criterion)
    await search(mail, owner, made.id, Text("bonjour"))
    await list_messages(mail, owner, inbox.id, count=20)
    await open_message(mail, owner, placed.message_id)
    await open_part(mail, owner, placed.message_id, "1")
    sender = Sender(owner, "agent1@numerique.gouv.tg")
    for _ in range(2):
        await send(mail, sender, chunked(letter("Sent", To="x@example.org")))
    await resume_submissions(mail)
    await named_blobs(mail, [content.blob])
    await forget_expunges(mail, timedelta(days=1))
    await delete_mailbox(mail, owner, made.id)
    assert {box.name for box in await list_mailboxes(mail, owner)} >= {"INBOX", "A"}


async def test_every_query_has_an_index(house: House, owner: str) -> None:
    await house.deliver(letter("Delivered"), "01JOTHER")
    await a_life(house.mail, owner)
    assert len(house.recorder.commands) >= 20
    assert await scans(house.database, house.recorder) == []


@pytest.fixture
async def workers_store(documents_url: str, database_name: str) -> AsyncIterator[MailStore]:
    """The store on the driver that workers use; `house` made its indexes."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(documents_url)
    yield MailStore(client.get_database(database_name, codec_options=CodecOptions(tz_aware=True)))
    await client.close()


async def test_the_drivers_of_workers_and_of_other_processes_do_the_same(
    house: House, owner: str, workers_store: MailStore
) -> None:
    await a_life(replace(house.mail, store=workers_store), owner)


async def test_a_transaction_that_raises_leaves_nothing(house: House, owner: str) -> None:
    box = await house.fill(owner, 1)

    async def act(session: Any) -> None:
        await house.mail.store.mailboxes.advance(owner, box.id, uids=5, messages=5, session=session)
        await house.mail.store.messages.remove(owner, box.id, [1], session=session)
        raise KeyError("no")

    with pytest.raises(KeyError):
        await house.mail.store.transaction(act)
    assert await house.box(owner) == box
    assert list((await view(house.mail, owner, box.id)).uids) == [1, 2]
