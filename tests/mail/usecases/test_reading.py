"""Lists, FETCH rows, sources, texts and parts."""

import base64
import sys

import pytest

from chassis.documents import QueryRecorder
from chassis.errors import NotFound
from services.mail.domain.uids import ALL
from services.mail.store import pages
from services.mail.usecases import (
    append,
    copy,
    create_mailbox,
    delete_mailbox,
    expunge,
    fetch_particulars,
    fetch_rows,
    list_messages,
    move,
    open_message,
    open_part,
    read_text,
    source_of,
    sources,
)
from services.mail.usecases.fetch_rows import fold_page
from services.mail.usecases.index_terms import index_due
from tests.mail.house import House, letter

PARTS = b"""From: Agent 1 <agent1@numerique.gouv.tg>\r
To: agent2@sante.gouv.tg\r
Subject: Rapport\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=edge\r
\r
--edge\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Voil=C3=A0 le rapport.\r
--edge\r
Content-Type: application/pdf; name="rapport.pdf"\r
Content-Disposition: attachment; filename="rapport.pdf"\r
Content-Transfer-Encoding: base64\r
\r
%s\r
--edge--\r
"""
PDF = bytes(range(256)) * 400
ENCODED = b"\r\n".join(base64.encodebytes(PDF).split(b"\n")).removesuffix(b"\r\n")


async def uids(house: House, owner: str, mailbox_id: str, ranges: object = ALL) -> list[int]:
    return [uid async for rows in fetch_rows(house.mail, owner, mailbox_id, ranges) for uid in rows.uids]  # type: ignore[arg-type]


def finds(recorder: QueryRecorder, collection: str) -> int:
    return sum(shape.startswith(f"{collection} ") for shape in recorder.commands)


async def test_rows_are_what_the_messages_say(house: House, owner: str) -> None:
    box = await house.box(owner)
    when = house.clock()
    await append(house.mail, owner, box.id, await house.content(letter("Row")), internal_date=when)
    (row,) = [row async for rows in fetch_rows(house.mail, owner, box.id, ALL) for row in rows]
    assert row.internal_date == when.strftime('"%e-%b-%Y %H:%M:%S +0000"').encode()
    assert row.size == len(letter("Row"))
    assert b'"Row"' in row.envelope
    assert row.bodystructure.lower().startswith(b'("text" "plain"')
    (body,) = [body async for body in fetch_particulars(house.mail, owner, box.id, ALL)]
    assert body[0] == 1
    assert body[1].lower().startswith(b'("text" "plain"')


async def test_a_folded_mailbox_is_one_range_query_and_an_open_tail(house: House, owner: str) -> None:
    box = await house.fill(owner, 10)
    assert await uids(house, owner, box.id) == list(range(1, 1025))
    house.recorder.commands.clear()
    before = house.recorder.count
    assert await uids(house, owner, box.id) == list(range(1, 1025))
    assert house.recorder.count - before <= 4
    assert (finds(house.recorder, "pages"), finds(house.recorder, "messages")) == (1, 1)
    house.recorder.commands.clear()
    assert await uids(house, owner, box.id, [(1, 1), (240, 260), (1000, 1010)]) == [
        1,
        *range(240, 261),
        *range(1000, 1011),
    ]
    assert finds(house.recorder, "messages") == 1


async def test_pages_forget_what_is_expunged_or_moved(house: House, owner: str) -> None:
    box, archive = await house.fill(owner, 9), await house.box(owner, "Archive")
    assert len(await uids(house, owner, box.id)) == 512
    await expunge(house.mail, owner, box.id, [(3, 5)], only_deleted=False)
    await move(house.mail, owner, box.id, [(300, 310)], archive.id)
    left = [uid for uid in range(1, 513) if uid not in {3, 4, 5, *range(300, 311)}]
    assert await uids(house, owner, box.id) == left
    assert await uids(house, owner, box.id) == left


async def test_a_page_folded_while_an_expunge_commits_does_not_stay(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await house.fill(owner, 8)
    put = house.mail.store.pages.put

    async def overtaken(*args: object) -> None:
        monkeypatch.undo()
        await expunge(house.mail, owner, box.id, [(7, 7)], only_deleted=False)
        await put(*args)

    monkeypatch.setattr(house.mail.store.pages, "put", overtaken)
    await fold_page(house.mail, owner, box.id, 0)
    assert 7 not in await uids(house, owner, box.id)


async def test_a_page_folded_while_its_mailbox_is_deleted_does_not_stay(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await create_mailbox(house.mail, owner, "Projets")
    await append(house.mail, owner, box.id, await house.content(letter("Note")))
    put = house.mail.store.pages.put

    async def overtaken(*args: object) -> None:
        await delete_mailbox(house.mail, owner, box.id)
        await put(*args)

    monkeypatch.setattr(house.mail.store.pages, "put", overtaken)
    with pytest.raises(NotFound):
        await fold_page(house.mail, owner, box.id, 0)
    assert [page async for page in house.mail.store.pages.within(owner, box.id, 0, 9)] == []


async def test_full_pages_are_there_before_anybody_asks(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await house.fill(owner, 8)
    known = {"owner": owner, "mailbox": box.id, "uid": {"$lt": 249}}
    await house.database["messages"].update_many(known, {"$unset": {"terms_due": 1}})
    assert await index_due(house.mail) == 8
    folded = [page async for page in house.mail.store.pages.within(owner, box.id, 0, 9)]
    assert [(number, [*rows.uids]) for number, rows in folded] == [(0, [*range(1, 251)])]
    monkeypatch.setattr(house.mail.store.messages, "page", None)  # nobody folds it again
    assert await uids(house, owner, box.id) == [*range(1, 257)]


async def test_pages_can_be_lost(house: House, owner: str) -> None:
    box = await house.fill(owner, 9)
    before = [row async for rows in fetch_rows(house.mail, owner, box.id, ALL) for row in rows]
    await house.mail.store.pages.drop_all(owner, box.id)
    assert [row async for rows in fetch_rows(house.mail, owner, box.id, ALL) for row in rows] == before


async def test_a_page_that_no_document_holds_is_read_anew(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await house.fill(owner, 8)
    monkeypatch.setattr(pages, "LARGEST", 250)
    for _ in range(2):
        assert await uids(house, owner, box.id) == list(range(1, 257))
    assert [page async for page in house.mail.store.pages.within(owner, box.id, 0, 9)] == []


async def test_rows_of_nothing(house: House, owner: str) -> None:
    box = await house.box(owner)
    assert await uids(house, owner, box.id) == []
    assert await uids(house, owner, box.id, [(5, 4_294_967_295)]) == []


async def test_pages_of_a_list_stay_while_mail_arrives(house: House, owner: str) -> None:
    box = await house.fill(owner, 4)
    first = await list_messages(house.mail, owner, box.id, count=6)
    assert [message.uid for message in first.messages] == [16, 15, 14, 13, 12, 11]
    await house.deliver(letter("New"), owner)
    second = await list_messages(house.mail, owner, box.id, count=6, below=first.below)
    await house.deliver(letter("Newer"), owner)
    third = await list_messages(house.mail, owner, box.id, count=6, below=second.below)
    assert [message.uid for page in (second, third) for message in page.messages] == list(range(10, 0, -1))
    assert third.below is None


async def test_a_list_finds_the_few_among_many_removed(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["services.mail.usecases.list_messages"], "WIDEST", 50)
    box = await house.fill(owner, 8)
    await expunge(house.mail, owner, box.id, [(3, 149), (151, 256)], only_deleted=False)
    page = await list_messages(house.mail, owner, box.id, count=2)
    assert ([message.uid for message in page.messages], page.below) == ([150, 2], 2)
    last = await list_messages(house.mail, owner, box.id, count=2, below=page.below)
    assert ([message.uid for message in last.messages], last.below) == ([1], None)


async def test_a_source_is_the_prefix_and_the_blob_in_any_range(house: House, owner: str) -> None:
    prefix = b"Return-Path: <a@example.org>\r\nDelivered-To: agent1@numerique.gouv.tg\r\n"
    (outcome,) = await house.deliver(PARTS % ENCODED, owner, prefix=prefix)
    whole = prefix + PARTS % ENCODED
    edge = len(prefix)
    for offset, length in (
        (0, None),
        (0, edge),
        (edge, 10),
        (edge - 3, 6),
        (5, 2),
        (len(whole) - 4, 100),
        (65_000, 2000),
    ):
        expected = whole[offset:] if length is None else whole[offset : offset + length]
        assert await house.read(owner, outcome.message_id, offset=offset, length=length) == expected
    assert await house.read(owner, outcome.message_id, offset=len(whole) + 1) == b""


async def test_sections_stand_where_the_structure_says(house: House, owner: str) -> None:
    prefix = b"Return-Path: <a@example.org>\r\n"
    (outcome,) = await house.deliver(PARTS % ENCODED, owner, prefix=prefix)
    source = await source_of(house.mail, owner, outcome.message_id)
    header = await house.read(owner, outcome.message_id, length=source.structure.root.body_start)
    assert header.startswith(prefix)
    assert header.endswith(b"boundary=edge\r\n\r\n")
    part = source.structure.find((2,))
    assert part is not None
    body = await house.read(owner, outcome.message_id, offset=part.body_start, length=part.body_length)
    assert body == ENCODED
    mime = await house.read(owner, outcome.message_id, offset=part.header_start, length=part.header_length)
    assert mime.startswith(b"Content-Type: application/pdf")


async def test_sources_of_a_range(house: House, owner: str) -> None:
    box = await house.fill(owner, 2)
    found = [source.uid async for source in sources(house.mail, owner, box.id, [(2, 3), (9, 9)])]
    assert found == [2, 3]


async def test_text_and_parts_are_decoded(house: House, owner: str) -> None:
    (outcome,) = await house.deliver(PARTS % ENCODED, owner, prefix=b"Delivered-To: x@gouv.tg\r\n")
    message, source = await open_message(house.mail, owner, outcome.message_id)
    assert (message.subject, await read_text(house.mail, source)) == ("Rapport", "Voilà le rapport.")
    (attachment,) = source.attachments
    assert (attachment.part, attachment.filename) == ("2", "rapport.pdf")
    for offset, length in ((0, None), (1, 5), (70_001, 100), (len(PDF) - 1, 10), (len(PDF) + 5, None)):
        part = await open_part(house.mail, owner, message.id, "2", offset=offset, length=length)
        expected = PDF[offset:] if length is None else PDF[offset : offset + length]
        assert part.octets == len(PDF)
        assert b"".join([piece async for piece in part.content]) == expected
    with pytest.raises(NotFound):
        await open_part(house.mail, owner, message.id, "3")


async def test_another_owner_reads_nothing(house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter(), owner)
    for read in (source_of, open_message):
        with pytest.raises(NotFound):
            await read(house.mail, "01JOTHER", outcome.message_id)
    box = await house.box(owner)
    with pytest.raises(NotFound):
        await copy(house.mail, "01JOTHER", box.id, ALL, box.id)
