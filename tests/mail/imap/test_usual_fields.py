"""Header fields as mail programs list by them come from beside the messages, and are what the messages have."""

import pytest

from services.mail.domain.uids import ALL
from services.mail.usecases import append, copy, expunge, fetch_rows
from services.mail.usecases.fetch_rows import fold_page
from services.mail.usecases.usual_fields import with_usual_fields
from tests.mail.house import House, letter
from tests.mail.imap.party import Client, Imap

THUNDERBIRD = (
    "HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To"
    " Content-Type Reply-To)"
)
APPLE = "HEADER.FIELDS (date subject from x-priority list-id authentication-results dkim-signature return-path)"
LONG = letter("Longue", References=" ".join(f"<{number}@example.org>" for number in range(600)))
TRACE = b"Return-Path: <a@example.org>\r\nDelivered-To: x@gouv.tg\r\n"
SOURCES = (
    letter("Note", X_Priority="1", List_Id="<agents.gouv.tg>"),
    LONG,
    b"\r\nSans en-tete.\r\n",
    b" Subject: suite\r\nFrom: a@b.tg\r\n\r\nTexte.\r\n",
)
# Some of a page, and some of what is in none yet.
SOME = "1:5,249:256"


@pytest.fixture
def opened(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Blobs that are read."""
    read: list[str] = []
    before = house.mail.blobs.open

    def open_blob(address: str, **which: int) -> object:
        read.append(address)
        return before(address, **which)

    monkeypatch.setattr(house.mail.blobs, "open", open_blob)
    return read


async def agree(client: Client, uids: str, count: int, opened: list[str]) -> int:
    """What is told from beside the messages is what is told from the messages; how many of them were read for it."""
    read = 0
    for fields in (THUNDERBIRD, APPLE):
        before = len(opened)
        told = await client.ok(f"UID FETCH {uids} (UID RFC822.SIZE FLAGS BODY.PEEK[{fields}])")
        read += len(opened) - before
        exact = await client.ok(f"UID FETCH {uids} (UID RFC822.SIZE FLAGS BODY.PEEK[{fields}]<0.1000000>)")
        assert told == [line.replace(b"]<0> {", b"] {") for line in exact]
        assert len(told) == count
    return read


async def test_they_are_what_the_messages_have(imap: Imap, house: House, owner: str, opened: list[str]) -> None:
    box = await house.box(owner)
    await house.deliver(letter("Livre"), owner, prefix=TRACE)
    for source in SOURCES:
        await append(house.mail, owner, box.id, await house.content(source))
    client = await imap.selected()
    assert await agree(client, "1:*", 5, opened) == 2  # the long one, each time
    for _ in range(6):
        await copy(house.mail, owner, box.id, ALL, box.id)
    await client.ok("NOOP")
    assert await agree(client, "1:5,246:255", 15, opened) == 2 * 3
    [told] = await client.ok(f"UID FETCH 3 (PREVIEW BODY.PEEK[{THUNDERBIRD}])")
    assert b"PREVIEW " in told
    assert b"Longue" in told


async def test_reading_them_is_reading_and_others_are_in_the_message(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("Note", X_Autre="oui"), owner)
    client = await imap.selected()
    assert await client.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject X-Autre)]") == [
        b"* 1 FETCH (BODY[HEADER.FIELDS (Subject X-Autre)] {31}\r\nSubject: Note\r\nX-Autre: oui\r\n\r\n)"
    ]
    [told] = await client.ok("FETCH 1 BODY[HEADER.FIELDS (Subject)]")
    assert told.startswith(b"* 1 FETCH (FLAGS (\\Seen)")


async def test_messages_from_before_are_opened_once(imap: Imap, house: House, owner: str, opened: list[str]) -> None:
    box = await house.fill(owner, 8)
    await house.database["messages"].update_many({"_id": {"$gt": ""}}, {"$unset": {"usual": 1}})
    await fold_page(house.mail, owner, box.id, 0)
    client = await imap.selected()
    assert await agree(client, SOME, 13, opened) == 13
    assert await agree(client, SOME, 13, opened) == 0


async def test_a_message_that_goes_meanwhile_is_left_out(house: House, owner: str) -> None:
    box = await house.fill(owner, 2, LONG)
    [rows] = [rows async for rows in fetch_rows(house.mail, owner, box.id, ALL, ("sizes",))]
    await expunge(house.mail, owner, box.id, [(2, 2)], only_deleted=False)
    some = [each async for each in with_usual_fields(house.mail, owner, box.id, rows)]
    assert [uid for each in some for uid in each.uids] == [1, 3, 4]


async def test_long_headers_are_not_in_memory_together(house: House, owner: str) -> None:
    box = await house.fill(owner, 4, LONG)
    [rows] = [rows async for rows in fetch_rows(house.mail, owner, box.id, ALL, ("sizes",))]
    parts = [[*each.uids] async for each in with_usual_fields(house.mail, owner, box.id, rows)]
    assert parts == [[*range(1, 7)], [*range(7, 13)], [*range(13, 17)], []]


async def test_many_sections_of_them_are_told_one_message_at_a_time(
    imap: Imap, house: House, owner: str, opened: list[str]
) -> None:
    await house.deliver(letter("Note"), owner)
    client = await imap.selected()
    sections = " ".join(f"BODY.PEEK[HEADER.FIELDS (Subject{' To' * times})]" for times in range(3))
    [told] = await client.ok(f"FETCH 1 ({sections})")
    assert told.count(b"Subject: Note") == 3
    assert opened
