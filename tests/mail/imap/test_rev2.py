"""IMAP4rev2 (RFC 9051) beside IMAP4rev1, and UTF8=ACCEPT (RFC 6855)."""

import unicodedata

from tests.mail.house import House, letter
from tests.mail.imap.party import Client, Imap

NAME = "Réunions & co"


async def modern(imap: Imap, capability: str = "IMAP4rev2") -> Client:
    client = await imap.logged_in()
    assert await client.ok(f"ENABLE {capability}") == [f"* ENABLED {capability}".encode()]
    return client


async def test_what_is_not_asked_for_stays_as_it_was(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un"), owner)
    client = await imap.logged_in()
    assert b" IMAP4rev1 IMAP4rev2 " in (await client.ok("CAPABILITY"))[0]
    told = await client.ok("SELECT INBOX")
    assert b"* 0 RECENT" in told
    assert b"* OK [UNSEEN 1] First unseen" in told
    assert not any(line.startswith(b"* LIST") for line in told)
    assert await client.ok("SEARCH ALL") == [b"* SEARCH 1"]
    assert (await client.do('CREATE "Réunions"'))[-1].startswith(b"BAD ")


async def test_select_tells_the_mailbox_and_nothing_recent(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un"), owner)
    client = await modern(imap)
    told = await client.ok("SELECT INBOX")
    assert b'* LIST () "/" INBOX' in told
    assert not any(b"RECENT" in line or b"UNSEEN" in line for line in told)
    # A name in another form than the one it has is told as well.
    assert b'* LIST () "/" INBOX ("OLDNAME" (inBox))' in await client.ok("EXAMINE inBox")
    assert b'* LIST (\\Drafts) "/" Drafts' in await client.ok("SELECT Drafts")
    decomposed = unicodedata.normalize("NFD", "Été")
    await client.ok('CREATE "Été"')
    told = await client.ok(f'SELECT "{decomposed}"')
    assert f'* LIST () "/" "Été" ("OLDNAME" ("{decomposed}"))'.encode() in told


async def test_a_search_is_told_in_short(imap: Imap, house: House, owner: str) -> None:
    for number in range(5):
        await house.deliver(letter(f"n{number}"), owner)
    client = await modern(imap)
    await client.ok("SELECT INBOX")
    [line] = await client.ok("SEARCH NOT 3")
    assert line.startswith(b'* ESEARCH (TAG "')
    assert line.endswith(b") ALL 1:2,4:5")
    assert (await client.ok("UID SEARCH SUBJECT absent"))[0].endswith(b") UID")
    assert (await client.ok("SEARCH RETURN (COUNT) ALL"))[0].endswith(b") COUNT 5")
    [line] = await client.ok("SEARCH SUBJECT {2+}\r\nn3")
    assert line.endswith(b") ALL 4")
    assert await client.ok("SORT (REVERSE SUBJECT) UTF-8 1:2") == [b"* SORT 2 1"]


async def test_status_counts_what_is_marked_deleted(imap: Imap, house: House, owner: str) -> None:
    for number in range(4):
        await house.deliver(letter(f"n{number}"), owner)
    client = await modern(imap)
    await client.ok("SELECT INBOX")
    await client.ok("STORE 2,4 +FLAGS.SILENT (\\Deleted)")
    size = 4 * len(letter("n0"))
    assert await client.ok("STATUS INBOX (MESSAGES DELETED SIZE)") == [
        b"* STATUS INBOX (MESSAGES 4 DELETED 2 SIZE %d)" % size
    ]
    await client.ok("EXPUNGE")
    told = await client.ok('LIST "" (INBOX Sent) RETURN (STATUS (DELETED))')
    assert [line for line in told if b"STATUS" in line] == [
        b"* STATUS INBOX (DELETED 0)", b"* STATUS Sent (DELETED 0)",
    ]  # fmt: skip


async def test_names_are_utf8_once_that_is_enabled(imap: Imap) -> None:
    old = await imap.logged_in()
    for capability in ("UTF8=ACCEPT", "IMAP4rev2"):
        client = await modern(imap, capability)
        octets = NAME.encode()
        await client.ok(f'CREATE "{NAME}/Été"')
        assert await client.ok(f'LIST "" "{NAME}%"') == [b'* LIST (\\HasChildren) "/" "%b"' % octets]
        await client.ok(b"SUBSCRIBE {%d+}\r\n%b" % (len(octets), octets))
        assert await client.ok(f'STATUS "{NAME}" (MESSAGES)') == [b'* STATUS "%b" (MESSAGES 0)' % octets]
        assert (await client.append(letter("un"), f'APPEND "{NAME}"')).startswith(b"OK [APPENDUID ")
        await client.ok(f'SELECT "{NAME}"')
        await client.ok("MOVE 1 Archive")
        assert b'* LSUB () "/" "%b"' % octets in await client.ok('LSUB "" *')
        # Who has not enabled it reads and writes modified UTF-7.
        assert b'* LIST (\\HasChildren) "/" "R&AOk-unions &- co"' in await old.ok('LIST "" *')
        assert (await old.ok('STATUS "R&AOk-unions &- co/&AMk-t&AOk-" (MESSAGES)'))[0].endswith(b" (MESSAGES 0)")
        # A shift is a name like any other then.
        await client.ok('CREATE "R&AOk-unions"')
        assert b'* LIST (\\HasNoChildren) "/" R&AOk-unions' in await client.ok('LIST "" R*')
        assert b'* LIST (\\HasNoChildren) "/" R&-AOk-unions' in await old.ok('LIST "" R*')
        assert (await client.do(f'DELETE "{NAME}"'))[-1].startswith(b"NO [HASCHILDREN] ")
        for name in (f"{NAME}/Été", NAME, "R&AOk-unions"):
            await client.ok(f'DELETE "{name}"')
        assert (await client.do(b'CREATE "R\xe9unions"'))[-1].startswith(b"BAD ")
        assert (await client.do(b'CREATE "R\xed\xa0\x80"'))[-1].startswith(b"BAD ")
        assert (await client.do("CREATE Réunions"))[-1].startswith(b"BAD ")


async def test_a_message_in_utf8_is_appended_once_that_is_enabled(imap: Imap) -> None:
    source = letter("Réunion à Lomé")
    command = b"APPEND INBOX (\\Seen) UTF8 (~{%d+}\r\n%b" % (len(source), source)
    old = await imap.logged_in()
    assert (await old.do(command + b")"))[-1].startswith(b"BAD ")
    client = await modern(imap, "UTF8=ACCEPT")
    assert (await client.do(command + b")"))[-1].startswith(b"OK [APPENDUID ")
    for wrong in (b"", b"))", b") reste"):
        assert (await client.do(command + wrong))[-1].startswith(b"BAD "), wrong
    await client.ok("SELECT INBOX")
    assert await client.ok("SEARCH ALL") == [b"* SEARCH 1"]
    [told] = await client.ok("FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)] BINARY.PEEK[])")
    assert "Subject: Réunion à Lomé\r\n".encode() in told
    assert source in told
    several = command + b") (\\Flagged) UTF8 (~{%d+}\r\n%b)" % (len(source), source)
    assert (await client.do(several))[-1].endswith(b" 2:3] Appended")
