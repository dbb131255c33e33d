"""What names a message wherever it is (RFC 8474), when it came there (RFC 8514), and what it begins with (RFC 8970)."""

import re

from tests.mail.house import House, letter
from tests.mail.imap.party import Imap


def of(told: bytes, item: bytes) -> bytes:
    found = re.search(item + rb" \(([A-Za-z0-9_-]{1,255})\)", told)
    assert found, told
    return found[1]


async def test_a_mailbox_keeps_its_id_under_any_name(imap: Imap) -> None:
    client = await imap.logged_in()
    made = of((await client.do("CREATE Projets"))[-1], b"OK \\[MAILBOXID")
    assert of((await client.ok("STATUS Projets (MAILBOXID)"))[0], b"MAILBOXID") == made
    await client.ok("RENAME Projets Dossiers")
    assert of(b"".join(await client.ok("SELECT Dossiers")), b"MAILBOXID") == made
    told = await client.ok('LIST "" Dos% RETURN (STATUS (MAILBOXID))')
    assert of(told[1], b"MAILBOXID") == made
    await client.ok("DELETE Dossiers")
    assert of((await client.do("CREATE Dossiers"))[-1], b"OK \\[MAILBOXID") != made


async def test_a_message_keeps_its_ids_when_it_is_copied_and_moved(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("Budget", Message_ID="<a@x>"), owner)
    await house.deliver(letter("Re: Budget", Message_ID="<b@x>", References="<a@x>"), owner)
    await house.deliver(letter("Autre", Message_ID="<c@x>"), owner)
    client = await imap.selected()
    first, second, third = await client.ok("FETCH 1:3 (EMAILID THREADID)")
    assert of(first, b"THREADID") == of(second, b"THREADID") != of(third, b"THREADID")
    emails = {of(line, b"EMAILID") for line in (first, second, third)}
    assert len(emails) == 3
    email, thread = of(first, b"EMAILID").decode(), of(first, b"THREADID").decode()
    assert await client.ok(f"SEARCH EMAILID {email}") == [b"* SEARCH 1"]
    assert await client.ok(f"UID SEARCH THREADID {thread} NOT EMAILID {email}") == [b"* SEARCH 2"]
    await client.ok("COPY 1 Archive")
    await client.ok("MOVE 1 Archive")
    await client.ok("SELECT Archive")
    for line in await client.ok("FETCH 1:2 (EMAILID THREADID)"):
        assert (of(line, b"EMAILID").decode(), of(line, b"THREADID").decode()) == (email, thread)
    for wrong in ("SEARCH EMAILID", "SEARCH THREADID ()", "FETCH 1 (EMAILID", "SEARCH EMAILID "):
        assert (await client.do(wrong))[-1].startswith(b"BAD "), wrong


async def test_when_a_message_came_into_its_mailbox(imap: Imap, house: House, owner: str) -> None:
    client = await imap.selected()
    await client.append(letter("vieux"), 'APPEND INBOX (\\Seen) "02-Mar-2001 10:00:00 +0000"')
    came = house.clock().strftime('"%e-%b-%Y %H:%M:%S +0000"').encode()
    [told] = await client.ok("FETCH 1 (INTERNALDATE SAVEDATE)")
    assert told == b'* 1 FETCH (INTERNALDATE " 2-Mar-2001 10:00:00 +0000" SAVEDATE %b)' % came
    day = house.clock().strftime("%d-%b-%Y")
    assert await client.ok(f"SEARCH SAVEDON {day} SAVEDATESUPPORTED BEFORE 1-Jan-2002") == [b"* SEARCH 1"]
    assert await client.ok("SEARCH SAVEDBEFORE 1-Jan-2002") == [b"* SEARCH"]
    house.clock.advance(days=3)
    await client.ok("MOVE 1 Archive")
    await client.ok("SELECT Archive")
    later = house.clock().strftime('"%e-%b-%Y %H:%M:%S +0000"').encode()
    assert await client.ok("FETCH 1 SAVEDATE") == [b"* 1 FETCH (SAVEDATE %b)" % later]
    await client.ok("COPY 1 INBOX")
    assert await client.ok(f"SEARCH SAVEDSINCE {house.clock().strftime('%d-%b-%Y')}") == [b"* SEARCH 1"]
    # What was there before this was kept is found by when it came at all.
    old = {"owner": owner, "mailbox": (await house.box(owner, "Archive")).id}
    await house.database["messages"].update_many(old, {"$unset": {"saved_at": ""}})
    assert await client.ok("FETCH 1 SAVEDATE") == [b"* 1 FETCH (SAVEDATE NIL)"]
    assert await client.ok("SEARCH SAVEDBEFORE 1-Jan-2002") == [b"* SEARCH 1"]
    assert (await client.do("SEARCH SAVEDON hier"))[-1].startswith(b"BAD ")


async def test_what_a_message_begins_with(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un", body="Bonjour à tous.\r\n\r\nLa réunion " + "x" * 500), owner)
    await house.deliver(letter("rien", body="", Content_Type="image/png"), owner)
    client = await imap.selected()
    first, second = await client.ok("FETCH 1:2 PREVIEW")
    head, _, text = first.partition(b"}\r\n")
    assert head.startswith(b"* 1 FETCH (PREVIEW {")
    preview = text.removesuffix(b")").decode()
    assert preview.startswith("Bonjour à tous. La réunion xxx")
    assert len(preview) <= 256
    assert second == b'* 2 FETCH (PREVIEW "")'
    assert await client.ok("FETCH 2 (PREVIEW (LAZY) UID)") == [b'* 2 FETCH (UID 2 PREVIEW "")']
    assert await client.ok("FETCH 2 PREVIEW (changedsince 9999)") == []
    for wrong in ("FETCH 1 PREVIEW (EAGER)", "FETCH 1 (PREVIEW (LAZY)", "FETCH 1 (PREVIEW LAZY)"):
        assert (await client.do(wrong))[-1].startswith(b"BAD "), wrong
