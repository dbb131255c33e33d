"""Every command as a client sees it."""

import asyncio

import pytest

from tests.mail.house import House, letter
from tests.mail.imap.party import Imap


async def test_id_namespace_enable_noop_logout(imap: Imap) -> None:
    client = await imap.logged_in()
    assert await client.ok('ID ("name" "essai" "version" NIL)') == [b'* ID ("name" "workspace")']
    assert await client.ok("NAMESPACE") == [
        b'* NAMESPACE (("" "/")) (("Autres utilisateurs/" "/")) (("Fonctions/" "/"))'
    ]
    assert await client.ok("ENABLE CONDSTORE X-AUTRE") == [b"* ENABLED CONDSTORE"]
    assert await client.ok("NOOP") == []
    assert await client.ok("LOGOUT") == [b"* BYE Goodbye"]
    assert await client.closed()


async def test_list_tells_children_and_special_use(imap: Imap) -> None:
    client = await imap.logged_in()
    assert await client.ok('LIST "" ""') == [b'* LIST (\\Noselect) "/" ""']
    await client.ok("CREATE Projets/2026")
    assert await client.ok('LIST "" "*"') == [
        b'* LIST (\\HasNoChildren) "/" INBOX',
        b'* LIST (\\HasNoChildren \\Drafts) "/" Drafts',
        b'* LIST (\\HasNoChildren \\Sent) "/" Sent',
        b'* LIST (\\HasNoChildren \\Archive) "/" Archive',
        b'* LIST (\\HasNoChildren \\Junk) "/" Junk',
        b'* LIST (\\HasNoChildren \\Trash) "/" Trash',
        b'* LIST (\\HasChildren) "/" Projets',
        b'* LIST (\\HasNoChildren) "/" Projets/2026',
    ]
    assert await client.ok('LIST "" "P%"') == [b'* LIST (\\HasChildren) "/" Projets']
    assert await client.ok("LIST Projets/ %") == [b'* LIST (\\HasNoChildren) "/" Projets/2026']
    assert await client.ok('LIST "" inbox') == [b'* LIST (\\HasNoChildren) "/" INBOX']
    special = await client.ok('LIST (SPECIAL-USE) "" "*" RETURN (SPECIAL-USE)')
    assert [line.rsplit(b" ", 1)[1] for line in special] == [b"Drafts", b"Sent", b"Archive", b"Junk", b"Trash"]


async def test_create_rename_delete_and_their_refusals(imap: Imap) -> None:
    client = await imap.logged_in()
    await client.ok("CREATE R&AOk-unions/")
    assert (await client.do("CREATE R&AOk-unions"))[-1].startswith(b"NO [ALREADYEXISTS]")
    assert await client.ok('LIST "" "R*"') == [b'* LIST (\\HasNoChildren) "/" R&AOk-unions']
    await client.ok("RENAME R&AOk-unions Rencontres")
    assert (await client.do("DELETE R&AOk-unions"))[-1].startswith(b"NO [NONEXISTENT]")
    await client.ok("DELETE Rencontres")
    assert (await client.do("DELETE INBOX"))[-1].startswith(b"NO [CANNOT]")
    assert (await client.do("CREATE INBOX"))[-1].startswith(b"NO [ALREADYEXISTS]")
    assert (await client.do("SELECT Rencontres"))[-1].startswith(b"NO [NONEXISTENT]")


async def test_subscribe_and_lsub(imap: Imap) -> None:
    client = await imap.logged_in()
    await client.ok("CREATE Projets/2026")
    await client.ok("SUBSCRIBE Projets/2026")
    await client.ok("UNSUBSCRIBE Projets")
    assert b'* LSUB () "/" Projets/2026' in await client.ok('LSUB "" "*"')
    assert b'* LSUB (\\Noselect) "/" Projets' in await client.ok('LSUB "" "%"')
    await client.ok("UNSUBSCRIBE Projets/2026")
    assert not any(b"Projets" in line for line in await client.ok('LSUB "" "*"'))


async def test_status(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un"), owner)
    client = await imap.logged_in()
    [told] = await client.ok("STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT HIGHESTMODSEQ SIZE)")
    assert told.startswith(b"* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ")
    assert b" UNSEEN 1 RECENT 0 HIGHESTMODSEQ " in told
    assert told.endswith(b" SIZE %d)" % len(letter("un")))


async def test_status_tells_how_large_a_message_may_be(imap: Imap) -> None:
    client = await imap.logged_in()
    [told] = await client.ok("STATUS INBOX (APPENDLIMIT)")
    most = told.removeprefix(b"* STATUS INBOX (APPENDLIMIT ").removesuffix(b")")
    assert b"APPENDLIMIT=" + most in (await client.ok("CAPABILITY"))[0].split()


async def test_select_examine_close_unselect(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un"), owner)
    await house.deliver(letter("deux"), owner)
    client = await imap.logged_in()
    told = await client.do("SELECT inbox (CONDSTORE)")
    assert told[-1].startswith(b"OK [READ-WRITE]")
    assert b"* 2 EXISTS" in told
    assert b"* 0 RECENT" in told
    assert b"* OK [UNSEEN 1] First unseen" in told
    assert any(line.startswith(b"* OK [UIDVALIDITY ") for line in told)
    assert any(line.startswith(b"* OK [UIDNEXT 3]") for line in told)
    assert any(line.startswith(b"* OK [HIGHESTMODSEQ ") for line in told)
    assert any(line.startswith(b"* OK [PERMANENTFLAGS (") and b"\\*" in line for line in told)
    await client.ok("UNSELECT")
    assert (await client.do("FETCH 1 FLAGS"))[-1].startswith(b"BAD")
    assert (await client.do("EXAMINE INBOX"))[-1].startswith(b"OK [READ-ONLY]")
    for refused in ("STORE 1 FLAGS (\\Seen)", "EXPUNGE", "MOVE 1 Trash"):
        assert (await client.do(refused))[-1].startswith(b"NO [NOPERM]")
    await client.ok("SELECT INBOX")
    await client.ok("STORE 1 +FLAGS (\\Deleted)")
    assert await client.ok("CLOSE") == []
    assert b"* 1 EXISTS" in await client.ok("SELECT INBOX")


SOURCE = (
    b"From: Agent 1 <agent1@numerique.gouv.tg>\r\nTo: agent2@sante.gouv.tg\r\nSubject: Plan\r\n"
    b"Message-ID: <plan@1>\r\nDate: Mon, 02 Mar 2026 09:30:00 +0100\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: dedans\r\n\r\ncorps\r\n--b--\r\n"
)


async def test_append_and_every_item_of_fetch(imap: Imap) -> None:
    client = await imap.logged_in()
    appended = await client.append(SOURCE, 'APPEND INBOX (\\Flagged travail) " 2-Mar-2026 10:00:00 +0100"')
    assert appended.startswith(b"OK [APPENDUID ")
    assert appended.split()[3] == b"1]"
    await client.ok("SELECT INBOX")
    person = b'(("Agent 1" NIL "agent1" "numerique.gouv.tg"))'
    envelope = (
        b'ENVELOPE ("Mon, 02 Mar 2026 09:30:00 +0100" "Plan" %b %b %b ((NIL NIL "agent2" "sante.gouv.tg"))'
        b' NIL NIL NIL "<plan@1>")' % (person, person, person)
    )
    told = await client.ok("FETCH 1 ALL")
    assert told == [
        b'* 1 FETCH (FLAGS (\\Flagged travail) INTERNALDATE " 2-Mar-2026 09:00:00 +0000" RFC822.SIZE %d %b)'
        % (len(SOURCE), envelope)
    ]
    [told] = await client.ok("UID FETCH 1 (BODYSTRUCTURE BODY)")
    assert told.startswith(b'* 1 FETCH (UID 1 BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 7 0')
    assert b'BODY (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 7 0)("message" "rfc822"' in told
    [told] = await client.ok("FETCH 1 (UID MODSEQ)")
    assert told.startswith(b"* 1 FETCH (UID 1 MODSEQ (")


@pytest.mark.parametrize(
    ("item", "octets"),
    [
        ("BODY.PEEK[]", SOURCE),
        ("RFC822.HEADER", SOURCE[: SOURCE.index(b"--b")]),
        ("BODY.PEEK[HEADER]", SOURCE[: SOURCE.index(b"--b")]),
        ("BODY.PEEK[TEXT]", SOURCE[SOURCE.index(b"--b") :]),
        ("BODY.PEEK[HEADER.FIELDS (subject X-None TO)]", b"To: agent2@sante.gouv.tg\r\nSubject: Plan\r\n\r\n"),
        ("BODY.PEEK[HEADER.FIELDS.NOT (From To Date Message-ID MIME-Version Content-Type)]", b"Subject: Plan\r\n\r\n"),
        ("BODY.PEEK[1]", b"Bonjour"),
        ("BODY.PEEK[1.MIME]", b"Content-Type: text/plain; charset=utf-8\r\n\r\n"),
        ("BODY.PEEK[2]", b"Subject: dedans\r\n\r\ncorps"),
        ("BODY.PEEK[2.HEADER]", b"Subject: dedans\r\n\r\n"),
        ("BODY.PEEK[2.TEXT]", b"corps"),
        ("BODY.PEEK[2.1]", b"corps"),
        ("BODY.PEEK[2.HEADER.FIELDS (Subject)]", b"Subject: dedans\r\n\r\n"),
        ("BODY.PEEK[3]", None),
        ("BODY.PEEK[1.HEADER]", None),
        ("BODY.PEEK[]<3.5>", SOURCE[3:8]),
        ("BODY.PEEK[1]<4.1000>", b"our"),
        ("BODY.PEEK[1]<4000.10>", b""),
    ],
)
async def test_sections(imap: Imap, item: str, octets: bytes | None) -> None:
    client = await imap.selected()
    await client.append(SOURCE)
    [told] = [line for line in await client.ok(f"FETCH 1 {item}") if b"FETCH" in line]
    label = item.replace(".PEEK", "").encode()
    if "<" in item:
        label = label[: label.index(b".", label.index(b"<"))] + b">"
    expected = b"NIL" if octets is None else b"{%d}\r\n%b" % (len(octets), octets)
    assert told == b"* 1 FETCH (%b %b)" % (label, expected)


async def test_reading_sets_seen_and_peeking_does_not(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un"), owner)
    client = await imap.selected()
    assert b"\\Seen" not in b"".join(await client.ok("FETCH 1 (BODY.PEEK[TEXT] FLAGS)"))
    [told] = await client.ok("FETCH 1 BODY[TEXT]")
    assert b"FLAGS (\\Seen)" in told
    [told] = await client.ok("FETCH 1 (BODY[TEXT] FLAGS)")
    assert told.startswith(b"* 1 FETCH (FLAGS (\\Seen) BODY[TEXT] {")
    await client.ok("EXAMINE INBOX")
    await house.deliver(letter("deux"), owner)
    await client.ok("NOOP")
    assert b"\\Seen" not in b"".join(await client.ok("FETCH 2 (BODY[TEXT] FLAGS)"))


async def test_store_forms_and_condstore(imap: Imap, house: House, owner: str) -> None:
    for subject in ("un", "deux", "trois"):
        await house.deliver(letter(subject), owner)
    client, other = await imap.selected(), await imap.selected()
    assert await client.ok("STORE 1:2 +FLAGS (\\Seen $Forwarded)") == [
        b"* 1 FETCH (UID 1 FLAGS ($Forwarded \\Seen))",
        b"* 2 FETCH (UID 2 FLAGS ($Forwarded \\Seen))",
    ]
    assert await client.ok("UID STORE 2 -FLAGS.SILENT $Forwarded") == []
    assert await client.ok("STORE 2 FLAGS \\Draft") == [b"* 2 FETCH (UID 2 FLAGS (\\Draft))"]
    await client.ok("ENABLE CONDSTORE")
    [told] = await client.ok("FETCH 3 (MODSEQ)")
    modseq = int(told.split(b"MODSEQ (")[1].rstrip(b")"))
    await other.ok("STORE 3 +FLAGS (\\Flagged)")
    answer = (await client.do(f"STORE 3 (UNCHANGEDSINCE {modseq}) +FLAGS (\\Deleted)"))[-1]
    assert answer.startswith(b"OK [MODIFIED 3]")
    [status] = await client.ok("STATUS INBOX (HIGHESTMODSEQ)")
    highest = int(status.rstrip(b")").rsplit(b" ", 1)[1])
    assert await client.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {highest - 1})") == [
        b"* 3 FETCH (FLAGS (\\Flagged) MODSEQ (%d))" % highest
    ]
    silent = await client.ok("UID STORE 1 +FLAGS.SILENT (\\Flagged)")
    assert len(silent) == 1
    assert silent[0].startswith(b"* 1 FETCH (UID 1 MODSEQ (")
    assert (await client.do("STORE 9 FLAGS (\\Seen)"))[-1].startswith(b"BAD")
    assert await client.ok("UID STORE 99 FLAGS (\\Seen)") == []


async def test_expunge_and_uid_expunge(imap: Imap, house: House, owner: str) -> None:
    for number in range(5):
        await house.deliver(letter(f"n{number}"), owner)
    client = await imap.selected()
    await client.ok("STORE 1,3,5 +FLAGS.SILENT (\\Deleted)")
    assert await client.ok("UID EXPUNGE 2:3") == [b"* 3 EXPUNGE"]
    assert await client.ok("EXPUNGE") == [b"* 4 EXPUNGE", b"* 1 EXPUNGE"]
    assert await client.ok("UID SEARCH ALL") == [b"* SEARCH 2 4"]


async def test_copy_and_move(imap: Imap, house: House, owner: str) -> None:
    for number in range(3):
        await house.deliver(letter(f"n{number}"), owner)
    client = await imap.selected()
    assert (await client.do("COPY 1 Ailleurs"))[-1].startswith(b"NO [TRYCREATE]")
    copied = (await client.do("COPY 1:2 Archive"))[-1]
    assert copied.startswith(b"OK [COPYUID ")
    assert b" 1:2 1:2]" in copied
    told = await client.do("UID MOVE 2:3 Archive")
    assert told[0].startswith(b"* OK [COPYUID ")
    assert b" 2:3 3:4]" in told[0]
    assert told[1:-1] == [b"* 3 EXPUNGE", b"* 2 EXPUNGE"]
    assert b"* 4 EXISTS" in await client.ok("SELECT Archive")
    assert await client.ok("UID MOVE 77 Trash") == []


async def test_list_tells_the_status_of_each_mailbox(imap: Imap, house: House, owner: str) -> None:
    """RFC 5819."""
    await house.deliver(letter("un"), owner)
    client = await imap.logged_in()
    assert await client.ok('LIST "" (INBOX Sent) RETURN (STATUS (MESSAGES UNSEEN) SPECIAL-USE)') == [
        b'* LIST (\\HasNoChildren) "/" INBOX',
        b"* STATUS INBOX (MESSAGES 1 UNSEEN 1)",
        b'* LIST (\\HasNoChildren \\Sent) "/" Sent',
        b"* STATUS Sent (MESSAGES 0 UNSEEN 0)",
    ]
    for wrong in ("STATUS", "STATUS ()", "STATUS (NONE)", "STATUS (SIZE) STATUS (SIZE)"):
        assert (await client.do(f'LIST "" "*" RETURN ({wrong})'))[-1].startswith(b"BAD "), wrong


async def test_list_tells_those_above_a_subscribed_mailbox(imap: Imap) -> None:
    """RFC 5258 §3.5."""
    client = await imap.logged_in()
    await client.ok("CREATE Projets/2026/Budget")
    for name in ("Projets", "Projets/2026"):
        await client.ok(f"UNSUBSCRIBE {name}")
    assert await client.ok('LIST (SUBSCRIBED) "" "P%"') == []
    assert await client.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "P%"') == [
        b'* LIST (\\HasChildren) "/" Projets (CHILDINFO ("SUBSCRIBED"))'
    ]
    assert await client.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "*Budget"') == [
        b'* LIST (\\HasNoChildren \\Subscribed) "/" Projets/2026/Budget'
    ]
    assert (await client.do('LIST (RECURSIVEMATCH) "" "*"'))[-1].startswith(b"BAD ")


async def test_other_sessions_changes_are_told_when_they_may_be(imap: Imap, house: House, owner: str) -> None:
    for number in range(3):
        await house.deliver(letter(f"n{number}"), owner)
    client, other = await imap.selected(), await imap.selected()
    await other.ok("STORE 2 +FLAGS (\\Deleted)")
    await other.ok("EXPUNGE")
    await house.deliver(letter("neuf"), owner)
    # Numbers stay until a command that may tell of expunges (RFC 3501 §7.4.1).
    told = await client.ok("FETCH 3 FLAGS")
    assert told == [b"* 3 FETCH (FLAGS ())", b"* 4 EXISTS"]
    assert await client.ok("SEARCH ALL") == [b"* SEARCH 1 3 4"]
    assert await client.ok("NOOP") == [b"* 2 EXPUNGE"]
    assert await client.ok("UID SEARCH ALL") == [b"* SEARCH 1 3 4"]
    await other.ok("STORE 1 +FLAGS (\\Answered)")
    assert await client.ok("NOOP") == [b"* 1 FETCH (UID 1 FLAGS (\\Answered))"]


async def test_idle_tells_of_a_letter_at_once_and_without_a_nudge_too(imap: Imap, house: House, owner: str) -> None:
    client = await imap.selected()
    await client.send(b"i IDLE\r\n")
    assert await client.response() == b"+ idling"
    await house.deliver(letter("un"), owner)
    imap.bells.ring(owner)
    assert await client.response() == b"* 1 EXISTS"
    await house.deliver(letter("deux"), owner)  # the nudge is lost: the poll finds it
    assert await client.response() == b"* 2 EXISTS"
    await client.send(b"DONE\r\n")
    assert (await client.response()).startswith(b"i OK")
    assert await client.ok("NOOP") == []


async def test_a_deleted_mailbox_ends_the_sessions_in_it(imap: Imap) -> None:
    client, other = await imap.logged_in(), await imap.logged_in()
    await other.ok("CREATE Ephemere")
    await client.ok("SELECT Ephemere")
    await other.ok("DELETE Ephemere")
    await client.send(b"n NOOP\r\n")
    assert (await client.response()).startswith(b"* BYE [NONEXISTENT]")
    await imap.still_serves()


async def test_pipelined_commands_are_answered_in_order(imap: Imap) -> None:
    client = await imap.selected()
    await client.send(b"".join(b"p%d NOOP\r\n" % number for number in range(50)))
    for number in range(50):
        assert (await client.response()).startswith(b"p%d OK" % number)


async def test_draining_says_goodbye_and_ends(imap: Imap) -> None:
    client = await imap.selected()
    idling = await imap.selected()
    await idling.send(b"i IDLE\r\n")
    await idling.response()
    async with asyncio.timeout(5):
        await imap.server.drain()
    assert (await client.response()).startswith(b"* BYE [UNAVAILABLE]")
    assert (await idling.response()).startswith(b"* BYE [UNAVAILABLE]")
