"""APPEND of several messages (RFC 3502), REPLACE (RFC 8508), and messages that come in the clear (RFC 3516 §4.4)."""

import asyncio

import pytest

from services.mail.imap.ports import Options
from tests.mail.house import House, letter
from tests.mail.imap.party import Client, Imap, Start

OCTETS = bytes(range(256)) * 40
PARTS = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour\r\n"
    b"--b\r\nContent-Type: application/octet-stream\r\ncontent-transfer-encoding: BINARY\r\n\r\n" + OCTETS + b"\r\n"
    b"--b--\r\n"
)


def several(*messages: bytes, between: bytes = b" ") -> bytes:
    return between.join(b"{%d+}\r\n%b" % (len(message), message) for message in messages)


async def status(client: Client, name: str = "INBOX") -> bytes:
    return (await client.ok(f"STATUS {name} (MESSAGES)"))[0]


async def test_several_messages_come_in_by_one_command(imap: Imap) -> None:
    client = await imap.selected()
    sources = [letter(f"n{number}") for number in range(3)]
    command = b"APPEND INBOX (\\Seen) " + several(sources[0]) + b' (\\Flagged) " 2-Mar-2001 10:00:00 +0100" '
    told = await client.do(command + several(*sources[1:]))
    assert told[0] == b"* 3 EXISTS"
    assert told[-1].startswith(b"OK [APPENDUID ")
    assert told[-1].endswith(b" 1:3] Appended")
    rows = await client.ok("FETCH 1:3 (FLAGS RFC822.SIZE INTERNALDATE)")
    assert [row.split(b" INTERNALDATE")[0] for row in rows] == [
        b"* %d FETCH (FLAGS (%b) RFC822.SIZE %d" % (number, flags, len(sources[0]))
        for number, flags in enumerate((b"\\Seen", b"\\Flagged", b""), 1)
    ]
    assert b'" 2-Mar-2001 09:00:00 +0000"' in rows[1]
    # Synchronizing literals are asked for one by one.
    await client.send(b"s APPEND INBOX {%d}\r\n" % len(sources[0]))
    assert (await client.response()).startswith(b"+ ")
    await client.send(sources[0] + b" {%d}\r\n" % len(sources[1]))
    assert (await client.response()).startswith(b"+ ")
    await client.send(sources[1] + b"\r\n")
    assert (await client.until(b"s"))[-1].endswith(b" 4:5] Appended")


async def test_of_several_messages_all_come_in_or_none(imap: Imap) -> None:
    client = await imap.logged_in()
    one, other = letter("un"), letter("deux")
    for wrong in (
        b"APPEND INBOX " + several(one, other) + b" reste",
        b"APPEND INBOX " + several(one) + b" (\\Seen " + several(other),
        b"APPEND INBOX " + several(one) + several(other),
        b"APPEND INBOX " + several(one) + b" (\\Seen) (\\Seen) " + several(other),
        b"APPEND INBOX " + several(one) + b" (\\Faux*) " + several(other),
        b"APPEND INBOX (\\Inconnu) " + several(one, other),
        b"APPEND INBOX {0+}\r\n",
        b"APPEND INBOX " + several(one, b""),
        b"APPEND INBOX " + several(one) + b" {0}",
    ):
        told = (await client.do(wrong))[-1]
        assert told.startswith((b"BAD ", b"NO ")), (wrong[:80], told)
        assert await status(client) == b"* STATUS INBOX (MESSAGES 0)"
    # What is for no mailbox is read and dropped: the session goes on.
    assert (await client.do(b"APPEND Absent " + several(one, other)))[-1].startswith(b"NO [TRYCREATE]")
    assert (await client.do(b"APPEND Absent " + several(one) + b" {20}"))[-1].startswith(b"NO [TRYCREATE]")
    assert await status(client) == b"* STATUS INBOX (MESSAGES 0)"


@pytest.mark.parametrize(
    ("date", "taken"),
    [
        ("01-Jan-0001 00:00:00 +0000", True),
        ("31-Dec-9999 23:59:59 +0000", True),
        # In UTC, as moments are kept, they are in a year that there is not.
        ("01-Jan-0001 00:59:59 +0100", False),
        ("31-Dec-9999 23:00:00 -0100", False),
        ("30-Feb-2026 00:00:00 +0000", False),
        ("01-Jan-2026 00:00:00 +9999", False),
    ],
)
async def test_a_date_that_there_is_not_is_bad_syntax(imap: Imap, date: str, taken: bool) -> None:
    client = await imap.logged_in()
    told = await client.do(f'APPEND INBOX "{date}" '.encode() + several(letter("un")))
    assert told[-1].startswith(b"OK " if taken else b"BAD "), told
    if taken:
        await client.do(b"SELECT INBOX")
        assert date[1:] in (await client.do(b"FETCH 1 INTERNALDATE"))[0].decode()


async def test_many_messages_do_not_add_up_beyond_a_limit(start: Start) -> None:
    imap = await start(Options(max_message=10_000, messages_at_once=12, failed_login_pause=0))
    client = await imap.logged_in()
    told = await client.do(b"APPEND INBOX " + several(*[b"x" * 9_000] * 12))
    assert told[-1].startswith(b"NO [LIMIT]")
    assert await status(client) == b"* STATUS INBOX (MESSAGES 0)"
    assert (await client.do(b"APPEND INBOX " + several(*[b"x"] * 13)))[-1] == b"BAD Too many messages"
    assert await status(client) == b"* STATUS INBOX (MESSAGES 0)"
    await client.send(b"z APPEND INBOX " + several(b"x") + b" {99999999999+}\r\n")
    assert (await client.response()).startswith(b"* BYE [TOOBIG]")
    await imap.still_serves()


async def test_a_message_takes_the_place_of_another(imap: Imap) -> None:
    client, other = await imap.selected(), await imap.selected("Drafts")
    for number in range(3):
        await client.append(letter(f"n{number}"))
    draft = letter("Brouillon, encore")
    told = await client.do(b"REPLACE 2 INBOX (\\Seen \\Draft) " + several(draft))
    assert told[0].startswith(b"* OK [APPENDUID ")
    assert told[0].endswith(b" 4] Here instead")
    assert told[1:] == [b"* 2 EXPUNGE", b"* 3 EXISTS", b"OK Replaced"]
    assert await client.ok("UID SEARCH ALL") == [b"* SEARCH 1 3 4"]
    told = await client.do(b"UID REPLACE 3 Drafts " + several(draft))
    assert told[1:] == [b"* 2 EXPUNGE", b"OK Replaced"]
    assert await other.ok("NOOP") == [b"* 1 EXISTS"]
    told = await client.do(b"REPLACE * INBOX " + several(draft))
    assert told[1:] == [b"* 2 EXPUNGE", b"* 2 EXISTS", b"OK Replaced"]
    [told] = await client.ok("STATUS INBOX (MESSAGES UNSEEN SIZE)")
    assert told.startswith(b"* STATUS INBOX (MESSAGES 2 UNSEEN 2 SIZE ")


async def test_nothing_is_replaced_when_one_half_is_wrong(imap: Imap) -> None:
    client, other = await imap.selected(), await imap.selected()
    await client.append(letter("un"))
    source = letter("deux")
    for wrong, answer in (
        (b"REPLACE 2 INBOX ", b"BAD "),
        (b"UID REPLACE 99 INBOX ", b"NO [NONEXISTENT]"),
        (b"REPLACE 1 Absent ", b"NO [TRYCREATE]"),
        (b"REPLACE 1 INBOX (\\Faux) ", b"NO "),
    ):
        assert (await client.do(wrong + several(source)))[-1].startswith(answer), wrong
    assert (await client.do(b"REPLACE 1 INBOX " + several(source, source)))[-1].startswith(b"BAD ")
    assert (await client.do(b"REPLACE 0 INBOX {3+}\r\nabc"))[-1].startswith(b"BAD ")
    assert (await client.do(b"REPLACE 1:2 INBOX {3+}\r\nabc"))[-1].startswith(b"BAD ")
    assert await client.ok("UID SEARCH ALL") == [b"* SEARCH 1"]
    await client.ok("EXAMINE INBOX")
    assert (await client.do(b"REPLACE 1 INBOX " + several(source)))[-1].startswith(b"NO [NOPERM]")
    await client.ok("UNSELECT")
    assert (await client.do(b"REPLACE 1 INBOX " + several(source)))[-1].startswith(b"BAD Not allowed in the auth")
    # Two at once: one of them takes the place, the other is told that it cannot.
    third = await imap.selected()
    await other.ok("NOOP")
    replies = await asyncio.gather(*(each.do(b"UID REPLACE 1 INBOX " + several(source)) for each in (other, third)))
    assert sorted(reply[-1][:2] for reply in replies) == [b"NO", b"OK"]
    assert await status(client) == b"* STATUS INBOX (MESSAGES 1)"


async def test_parts_in_the_clear_are_kept_in_base64(imap: Imap, house: House) -> None:
    client = await imap.selected()
    source = letter("pièce").split(b"\r\n\r\n")[0] + b"\r\n" + PARTS
    told = await client.do(b"APPEND INBOX ~{%d+}\r\n%b" % (len(source), source))
    assert told[-1].startswith(b"OK [APPENDUID ")
    [told] = await client.ok("FETCH 1 BODY.PEEK[]")
    assert b"\0" not in told
    assert b"content-transfer-encoding: base64\r\n" in told
    assert b"Content-Transfer-Encoding: 8bit\r\n" in told
    [told] = await client.ok("FETCH 1 BINARY.PEEK[2]")
    assert told == b"* 1 FETCH (BINARY[2] ~{%d}\r\n%b)" % (len(OCTETS), OCTETS)
    # NUL anywhere else, and a message that is nothing but octets.
    odd = b"Subject: \0\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\1\2"
    await client.do(b"APPEND INBOX ~{%d+}\r\n%b" % (len(odd), odd))
    assert await client.ok("FETCH 2 BINARY.PEEK[1]") == [b"* 2 FETCH (BINARY[1] ~{3}\r\n\0\1\2)"]
    assert b"\0" not in (await client.ok("FETCH 2 BODY.PEEK[HEADER]"))[0]
    # A literal8 is a message's alone.
    assert (await client.do(b"SELECT ~{5+}\r\nINBOX"))[-1].startswith(b"BAD ")
