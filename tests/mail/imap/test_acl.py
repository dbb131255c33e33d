"""Mailboxes of others by IMAP (RFC 4314): two accounts and what each may do in the other's."""

import asyncio
import re

import pytest

from chassis.identity import acting_as
from services.mail.domain.sharing import Function
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.share_mailbox import share_mailbox
from tests.mail.house import House, letter
from tests.mail.imap.party import ADDRESS, Client, Imap, identity

GUEST, GUEST_ADDRESS = "01JACCOUNT0000000000000002", "agent2@sante.gouv.tg"
INBOX = f'"Autres utilisateurs/{ADDRESS}/INBOX"'


@pytest.fixture
async def guest(imap: Imap, house: House, owner: str) -> Client:
    """Another account, logged in; the INBOX of the first holds two letters."""
    house.people.heard |= {ADDRESS: owner, GUEST_ADDRESS: GUEST}
    imap.doorkeeper.others[GUEST_ADDRESS] = GUEST
    await house.deliver(letter("un"), owner)
    await house.deliver(letter("deux"), owner)
    return await imap.logged_in(GUEST_ADDRESS)


async def share(house: House, owner: str, rights: str, name: str = "INBOX") -> None:
    box = await house.box(owner, name)
    with acting_as(identity(owner)):
        await share_mailbox(house.mail, owner, owner, box.id, GUEST_ADDRESS, rights)


async def test_rights_are_set_listed_and_taken_away(imap: Imap, guest: Client) -> None:
    host = await imap.logged_in()
    assert await host.ok("MYRIGHTS INBOX") == [b"* MYRIGHTS INBOX lrswipkxteacd"]
    await host.ok(f"SETACL INBOX {GUEST_ADDRESS} lr")
    await host.ok(f"SETACL INBOX {GUEST_ADDRESS} +sd")
    [told] = await host.ok("GETACL INBOX")
    assert told == f'* ACL INBOX "{ADDRESS}" lrswipkxteacd "{GUEST_ADDRESS}" lrsted'.encode()
    assert await guest.ok(f"MYRIGHTS {INBOX}") == [f"* MYRIGHTS {INBOX} lrsted".encode()]
    await host.ok(f"SETACL INBOX {GUEST_ADDRESS} -ste")
    assert await guest.ok(f"MYRIGHTS {INBOX}") == [f"* MYRIGHTS {INBOX} lr".encode()]
    assert await host.ok(f"LISTRIGHTS INBOX {GUEST_ADDRESS}") == [
        f'* LISTRIGHTS INBOX "{GUEST_ADDRESS}" "" l r s w i p k x t e a c d'.encode()
    ]
    assert await host.ok(f"LISTRIGHTS INBOX {ADDRESS}") == [f'* LISTRIGHTS INBOX "{ADDRESS}" lrswipkxteacd'.encode()]
    await host.ok(f"DELETEACL INBOX {GUEST_ADDRESS}")
    assert (await guest.do(f"MYRIGHTS {INBOX}"))[-1] == b"NO [NONEXISTENT] No such mailbox"
    for wrong in (f"{GUEST_ADDRESS} lrz", "anyone lr", f"-{GUEST_ADDRESS} r", "personne@gouv.tg lr", f"{ADDRESS} lr"):
        assert (await host.do(f"SETACL INBOX {wrong}"))[-1].startswith(b"NO [CLIENTBUG]"), wrong
    assert (await host.do("SETACL INBOX"))[-1].startswith(b"BAD")


async def test_others_mailboxes_are_listed_below_their_address(
    imap: Imap, guest: Client, house: House, owner: str
) -> None:
    host = await imap.logged_in()
    await host.ok("CREATE Projets/Budget")
    assert not any(b"Autres" in line for line in await guest.ok('LIST "" "*"'))
    await share(house, owner, "lr", "Projets/Budget")
    await share(house, owner, "lrswite")
    there = f"Autres utilisateurs/{ADDRESS}".encode()
    listed = [line for line in await guest.ok('LIST "" "*"') if b"Autres" in line]
    assert listed == [
        b'* LIST (\\HasNoChildren) "/" "%b/INBOX"' % there,
        b'* LIST (\\HasNoChildren) "/" "%b/Projets/Budget"' % there,
        b'* LIST (\\Noselect \\NonExistent \\HasChildren) "/" "Autres utilisateurs"',
        b'* LIST (\\Noselect \\NonExistent \\HasChildren) "/" "%b"' % there,
        b'* LIST (\\Noselect \\NonExistent \\HasChildren) "/" "%b/Projets"' % there,
    ]
    down = [line for line in await guest.ok('LIST "" "%"') if b"Autres" in line]
    assert down == [b'* LIST (\\Noselect \\NonExistent \\HasChildren) "/" "Autres utilisateurs"']
    status = await guest.ok(f'LIST "" {INBOX} RETURN (STATUS (MESSAGES UNSEEN))')
    assert status[-1] == f"* STATUS {INBOX} (MESSAGES 2 UNSEEN 2)".encode()
    assert await guest.ok(f"STATUS {INBOX} (MESSAGES)") == [f"* STATUS {INBOX} (MESSAGES 2)".encode()]
    assert f'* LSUB () "/" {INBOX}'.encode() in await guest.ok('LSUB "" "*"')
    await guest.ok(f"UNSUBSCRIBE {INBOX}")
    assert f'* LSUB () "/" {INBOX}'.encode() not in await guest.ok('LSUB "" "*"')
    assert b'* LSUB () "/" INBOX' in await host.ok('LSUB "" "*"')
    await guest.ok(f"SUBSCRIBE {INBOX}")
    assert f'* LSUB () "/" {INBOX}'.encode() in await guest.ok('LSUB "" "*"')


async def test_a_mailbox_that_is_only_read_is_read_only(guest: Client, house: House, owner: str) -> None:
    await share(house, owner, "lr")
    told = await guest.do(f"SELECT {INBOX}")
    assert told[-1] == b"OK [READ-ONLY] Selected"
    assert b"* OK [PERMANENTFLAGS ()] Flags that are kept" in told
    assert b"* 2 EXISTS" in told
    assert any(b"deux" in line for line in await guest.ok("FETCH 2 (BODY[])"))
    assert await guest.ok("FETCH 2 FLAGS") == [b"* 2 FETCH (FLAGS ())"]
    assert await guest.ok("SEARCH SUBJECT deux") == [b"* SEARCH 2"]
    for refused in ("STORE 1 +FLAGS \\Seen", "EXPUNGE", "MOVE 1 INBOX", f"COPY 1 {INBOX}"):
        assert (await guest.do(refused))[-1].startswith(b"NO [NOPERM]"), refused
    assert (await guest.append(letter("posé"), f"APPEND {INBOX}")).startswith(b"NO [NOPERM]")
    await guest.ok("COPY 1 INBOX")
    assert (await house.box(GUEST)).messages == 1


async def test_flags_are_changed_right_by_right(guest: Client, house: House, owner: str) -> None:
    await share(house, owner, "lrs")
    told = await guest.do(f"SELECT {INBOX}")
    assert told[-1] == b"OK [READ-WRITE] Selected"
    assert b"* OK [PERMANENTFLAGS (\\Seen)] Flags that are kept" in told
    assert await guest.ok("STORE 1 FLAGS (\\Seen \\Flagged \\Deleted)") == [b"* 1 FETCH (UID 1 FLAGS (\\Seen))"]
    assert (await guest.do("STORE 1 +FLAGS (\\Flagged)"))[-1].startswith(b"NO [NOPERM]")
    assert any(b"\\Seen" in line for line in await guest.ok("FETCH 2 BODY[TEXT]"))
    await share(house, owner, "lrt")
    assert (await guest.do("STORE 1 -FLAGS (\\Seen)"))[-1].startswith(b"NO [NOPERM]")
    assert await guest.ok("STORE 1 FLAGS (\\Deleted)") == [b"* 1 FETCH (UID 1 FLAGS (\\Deleted \\Seen))"]
    assert (await guest.do("EXPUNGE"))[-1].startswith(b"NO [NOPERM]")
    await guest.ok("CLOSE")
    assert (await house.box(owner)).messages == 2
    await share(house, owner, "lre")
    await guest.ok(f"SELECT {INBOX}")
    assert b"* 1 EXPUNGE" in await guest.ok("EXPUNGE")
    assert (await house.box(owner)).messages == 1


async def test_messages_go_between_accounts(imap: Imap, guest: Client, house: House, owner: str) -> None:
    await share(house, owner, "lrite")
    await guest.ok("SELECT INBOX")
    assert re.match(rb"OK \[APPENDUID \d+ 3\]", await guest.append(letter("posé"), f"APPEND {INBOX} (\\Seen)"))
    await guest.ok(f"SELECT {INBOX}")
    assert await guest.ok("FETCH 3 FLAGS") == [b"* 3 FETCH (FLAGS ())"]  # no right to set \Seen
    told = await guest.do("MOVE 1:2 INBOX")
    assert re.match(rb"\* OK \[COPYUID \d+ 1:2 1:2\]", told[0])
    await guest.ok("SELECT INBOX")
    assert [line for line in await guest.ok("FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]") if b"un" in line]
    assert re.match(rb"OK \[COPYUID \d+ 2 4\]", (await guest.do(f"COPY 2 {INBOX}"))[-1])
    host = await imap.selected()
    assert (await house.box(owner)).messages == 2
    assert any(b"Subject: deux" in line for line in await host.ok("FETCH 2 BODY[HEADER]"))


async def test_mailboxes_are_made_below_one_that_allows_it_and_shared_alike(
    imap: Imap, guest: Client, house: House, owner: str
) -> None:
    host = await imap.logged_in()
    await host.ok("CREATE Projets")
    await share(house, owner, "lrk", "Projets")
    top = f"Autres utilisateurs/{ADDRESS}"
    await guest.ok(f'CREATE "{top}/Projets/2026"')
    assert (await house.box(owner, "Projets/2026")).acl == ((GUEST, "lrk"),)
    for name in (
        f"{top}/Autre",
        f"{top}/INBOX/a",
        "Autres utilisateurs/personne@gouv.tg/a",
        "Fonctions",
        "Fonctions/a/b",
    ):
        assert (await guest.do(f'CREATE "{name}"'))[-1] == b"NO [NOPERM] You may not make a mailbox there", name
    assert (await guest.do(f'DELETE "{top}/Projets/2026"'))[-1].startswith(b"NO [NOPERM]")
    await share(house, owner, "lrkx", "Projets/2026")
    assert (await guest.do(f'RENAME "{top}/Projets/2026" Mien'))[-1].startswith(b"NO [NOPERM]")
    await guest.ok(f'RENAME "{top}/Projets/2026" "{top}/Projets/2027"')
    await guest.ok(f'DELETE "{top}/Projets/2027"')
    assert (await guest.do("RENAME INBOX Fonctions"))[-1].startswith(b"NO [NOPERM]")


# Every command that names a mailbox, and what follows one that is selected.
NAMING = [
    "SELECT {}", "EXAMINE {}", "SELECT {} (CONDSTORE)", "STATUS {} (MESSAGES UIDNEXT UNSEEN SIZE)", "DELETE {}",
    "RENAME {} Autre", "RENAME Drafts {}", "SUBSCRIBE {}", "UNSUBSCRIBE {}", 'LIST "" {}', 'LSUB "" {}',
    'LIST (SUBSCRIBED) "" {} RETURN (STATUS (MESSAGES))', "MYRIGHTS {}", "GETACL {}",
    "DELETEACL {} agent2@sante.gouv.tg",
    "SETACL {} agent2@sante.gouv.tg lr", "LISTRIGHTS {} agent2@sante.gouv.tg", "CREATE {}", "CREATE {}/a",
]  # fmt: skip
SELECTED = ["COPY 1 {}", "UID COPY 1 {}", "MOVE 1 {}", "UID MOVE 1 {}"]


async def test_a_mailbox_that_may_not_be_found_answers_every_command_as_one_that_is_not_there(
    guest: Client, house: House, owner: str
) -> None:
    await house.deliver(letter("à moi"), GUEST)
    hidden, missing = INBOX, f'"Autres utilisateurs/{ADDRESS}/Rien"'
    nobody, level = '"Autres utilisateurs/personne@gouv.tg/INBOX"', f'"Autres utilisateurs/{ADDRESS}"'

    async def told(command: str, name: str) -> list[bytes]:
        return [line.replace(name.encode(), b"NAME") for line in await guest.do(command.format(name))]

    for rights in ("", "rswipkxtea"):
        if rights:
            await share(house, owner, rights)
            await guest.ok("UNSELECT")
        for command in NAMING:
            first = await told(command, hidden)
            for name in (missing, nobody, level):
                assert await told(command, name) == first, command
        for command in SELECTED:
            await guest.ok("SELECT INBOX")
            first = await told(command, hidden)
            assert first[-1] == b"NO [TRYCREATE] There is no such mailbox"
            for name in (missing, nobody, level):
                assert await told(command, name) == first, command
            append = [await guest.append(letter("x"), f"APPEND {name}") for name in (hidden, missing, nobody)]
            assert len(set(append)) == 1
    assert (await house.box(owner)).messages == 2


async def test_what_is_taken_away_ends_an_idling_session_and_every_command(
    imap: Imap, guest: Client, house: House, owner: str
) -> None:
    await share(house, owner, "lrs")
    await guest.ok(f"SELECT {INBOX}")
    other = await imap.logged_in(GUEST_ADDRESS)
    await other.ok(f"SELECT {INBOX}")
    await other.send(b"i IDLE\r\n")
    assert await other.response() == b"+ idling"
    await house.deliver(letter("trois"), owner)
    imap.bells.ring(owner)
    assert await other.response() == b"* 3 EXISTS"
    await share(house, owner, "")
    imap.bells.ring(owner)
    assert await other.response() == b"* BYE [NONEXISTENT] The selected mailbox was deleted"
    assert await guest.do("FETCH 1:* (BODY[])") == [
        b"* BYE [NONEXISTENT] The selected mailbox was deleted",
        b"NO [NONEXISTENT] No such mailbox",
    ]
    assert await guest.closed()


async def test_an_idling_session_learns_without_a_nudge_too(
    imap: Imap, guest: Client, house: House, owner: str
) -> None:
    await share(house, owner, "lr")
    await guest.ok(f"SELECT {INBOX}")
    await guest.send(b"i IDLE\r\n")
    assert await guest.response() == b"+ idling"
    await asyncio.sleep(0)
    await share(house, owner, "")
    assert (await guest.response()).startswith(b"* BYE")


async def test_whoever_holds_a_function_works_in_its_mailbox_until_another_one_does(
    imap: Imap, guest: Client, house: House
) -> None:
    address, function = "courrier@sante.gouv.tg", "01JFUNCTION000000000000001"
    await follow_function(house.mail, Function(function, address, (GUEST,), True, 1))
    await house.deliver(letter("Demande"), function)
    inbox = f'"Fonctions/{address}/INBOX"'
    assert f'* LIST (\\HasNoChildren) "/" {inbox}'.encode() in await guest.ok('LIST "" "*"')
    told = await guest.do(f"SELECT {inbox}")
    assert told[-1] == b"OK [READ-WRITE] Selected"
    await guest.ok(f'CREATE "Fonctions/{address}/Traités"'.encode().replace("é".encode(), b"&AOk-"))
    assert (await guest.do("MOVE 1 Fonctions/courrier@sante.gouv.tg/Trait&AOk-s"))[-1] == b"OK Done"
    # Who holds it has all that may be given, and nothing to be taken away.
    (told,) = await guest.ok(f"LISTRIGHTS {inbox} {GUEST_ADDRESS}")
    assert told.endswith(b'" lrswipkxteacd')
    await guest.ok(f"SETACL {inbox} {ADDRESS} lr")
    other = await imap.logged_in()
    assert await other.ok(f"MYRIGHTS {inbox}") == [f"* MYRIGHTS {inbox} lr".encode()]
    await guest.send(b"i IDLE\r\n")
    assert await guest.response() == b"+ idling"
    await follow_function(house.mail, Function(function, address, (), True, 2))
    imap.bells.ring(function)
    assert (await guest.response()).startswith(b"* BYE [NONEXISTENT]")
    assert await other.ok(f"MYRIGHTS {inbox}") == [f"* MYRIGHTS {inbox} lr".encode()]
