"""What a client that lists a mailbox costs: no source is opened, and the first answer does not wait for the last."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chassis.errors import Unavailable
from tests.mail.house import House, letter
from tests.mail.imap.party import Imap

LISTING = "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


async def test_a_listing_opens_no_source(imap: Imap, house: House, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await house.deliver(letter(f"n{number}"), owner)
    client = await imap.selected()

    def opened(*_: Any, **__: Any) -> AsyncIterator[bytes]:
        raise AssertionError("a blob was opened")

    monkeypatch.setattr(type(house.mail.blobs), "open", opened)
    told = await client.ok(LISTING)
    assert [line.split(b" ")[1] for line in told] == [b"1", b"2", b"3", b"4", b"5"]
    assert all(b"ENVELOPE (" in line and b"BODYSTRUCTURE (" in line for line in told)


async def test_a_source_that_cannot_be_read_ends_the_connection_rather_than_hold_it(
    imap: Imap, house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.deliver(letter("un", body="x" * 100_000), owner)
    client = await imap.selected()

    async def away(*_: Any, **__: Any) -> AsyncIterator[bytes]:
        raise Unavailable("object store: NoSuchBucket")
        yield b""

    with monkeypatch.context() as patch:
        patch.setattr(type(house.mail.blobs), "open", away)
        await client.send(b"t9 UID FETCH 1:* (BODY.PEEK[])\r\n")
        async with asyncio.timeout(10):
            assert await client.closed()
    assert b"xxx" in b"".join(await (await imap.selected()).ok("UID FETCH 1:* (BODY.PEEK[])"))


async def test_a_listing_is_one_query_however_long(imap: Imap, house: House, owner: str) -> None:
    client = await imap.selected()

    async def queries(count: int) -> int:
        for number in range(count):
            await house.deliver(letter(f"n{number}"), owner)
        await client.ok("NOOP")
        before = house.recorder.count
        await client.ok(LISTING)
        return house.recorder.count - before

    assert await queries(3) == await queries(40)


async def test_the_first_messages_are_sent_before_the_last_is_read(
    imap: Imap, house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.fill(owner, 9)
    client = await imap.selected()
    read: list[int] = []
    sent_when: list[int] = []
    [connection] = imap.server.connections
    flush = type(connection).flush

    async def noted(self: Any) -> None:
        sent_when.append(len(read))
        await flush(self)

    module = sys.modules["services.mail.imap.commands.fetch"]
    rows = module.fetch_rows

    async def counted(*given: Any, **named: object) -> AsyncIterator[Any]:
        async for some in rows(*given, **named):
            read.extend(some.uids)
            yield some

    monkeypatch.setattr(type(connection), "flush", noted)
    monkeypatch.setattr(module, "fetch_rows", counted)
    assert len(await client.ok(LISTING)) == 512
    assert sent_when[0] == 250 < len(read)


async def test_a_header_in_utf8_is_shown_as_literals(imap: Imap, house: House, owner: str) -> None:
    source = letter("Réunion à Lomé", From="Élève <élève@example.org>")
    await house.deliver(source, owner)
    client = await imap.selected()
    (told,) = await client.ok("FETCH 1 (ENVELOPE BODY.PEEK[HEADER])")
    subject, name = "Réunion à Lomé".encode(), "élève".encode()
    assert b"{%d}\r\n%s" % (len(subject), subject) in told
    assert b'{%d}\r\n%s "example.org"' % (len(name), name) in told
    assert source.partition(b"\r\n\r\n")[0] in told
    assert await client.ok("SEARCH SUBJECT Lom") == [b"* SEARCH 1"]
