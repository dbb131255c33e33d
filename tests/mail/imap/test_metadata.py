"""METADATA (RFC 5464)."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.annotations import LONGEST_VALUE, MOST_ENTRIES, below, entry_name
from services.mail.imap.ports import Options
from services.mail.usecases.annotate import annotate, annotations
from services.mail.usecases.erase_account import erase_account
from tests.mail.house import House
from tests.mail.imap.party import Imap, Start

OTHER = "01JACCOUNT0000000000000002"


async def test_entries_are_kept_read_and_removed(imap: Imap) -> None:
    client = await imap.logged_in()
    await client.ok("CREATE Projets")
    assert await client.ok("GETMETADATA Projets /private/comment") == [b"* METADATA Projets (/private/comment NIL)"]
    await client.ok(
        'SETMETADATA Projets (/private/comment "Un" /SHARED/Comment {4+}\r\nTous /private/vendor/x ~{2+}\r\n\0!)'
    )
    assert await client.ok("GETMETADATA Projets (/shared/comment /private/comment /private/vendor/x)") == [
        b'* METADATA Projets (/shared/comment "Tous" /private/comment "Un" /private/vendor/x ~{2}\r\n\0!)'
    ]
    # They follow the mailbox to another name, and go with it.
    await client.ok("RENAME Projets Dossiers")
    other = await imap.logged_in()
    assert await other.ok('GETMETADATA "Dossiers" /private/comment') == [b'* METADATA Dossiers (/private/comment "Un")']
    await other.ok('SETMETADATA Dossiers (/private/comment NIL /shared/comment "")')
    assert await client.ok("GETMETADATA Dossiers (/private/comment /shared/comment)") == [
        b'* METADATA Dossiers (/private/comment NIL /shared/comment "")'
    ]
    await client.ok("DELETE Dossiers")
    await client.ok("CREATE Dossiers")
    assert await client.ok("GETMETADATA Dossiers /shared/comment") == [b"* METADATA Dossiers (/shared/comment NIL)"]
    assert (await client.do("GETMETADATA Absent /private/comment"))[-1].startswith(b"NO [NONEXISTENT]")
    assert (await client.do('SETMETADATA Absent (/private/comment "x")'))[-1].startswith(b"NO [NONEXISTENT]")


async def test_entries_below_and_those_that_are_long(imap: Imap) -> None:
    client = await imap.logged_in()
    await client.ok('SETMETADATA INBOX (/private/a "1" /private/a/b "22" /private/a/b/c "333" /private/ab "4444")')
    for options, expected in (
        ("(DEPTH 0)", b'/private/a "1"'),
        ("(DEPTH 1)", b'/private/a "1" /private/a/b "22"'),
        ("(DEPTH infinity)", b'/private/a "1" /private/a/b "22" /private/a/b/c "333"'),
    ):
        told = [b"* METADATA INBOX (%b)" % expected]
        assert await client.ok(f"GETMETADATA {options} INBOX /private/a") == told
        assert await client.ok(f"GETMETADATA INBOX {options} (/private/a)") == told
    told = await client.do("GETMETADATA (MAXSIZE 2 DEPTH infinity) INBOX (/private/a /private/ab)")
    assert told == [b'* METADATA INBOX (/private/a "1" /private/a/b "22")', b"OK [METADATA LONGENTRIES 4] Done"]
    assert await client.ok("GETMETADATA (DEPTH 1) INBOX /shared/a") == []


async def test_what_the_server_says_of_itself(start: Start) -> None:
    imap = await start(Options(max_message=1000, comment="Messagerie", admin="mailto:postmaster@gouv.tg"))
    client = await imap.logged_in()
    assert b" METADATA " in (await client.ok("CAPABILITY"))[0]
    assert await client.ok('GETMETADATA "" (/shared/comment /shared/admin)') == [
        b'* METADATA "" (/shared/comment "Messagerie" /shared/admin "mailto:postmaster@gouv.tg")'
    ]
    assert (await client.do('SETMETADATA "" (/shared/comment "x")'))[-1].startswith(b"NO [NOPERM]")
    await client.ok('SETMETADATA "" (/private/comment "Les miens")')
    assert await client.ok('GETMETADATA "" /private/comment') == [b'* METADATA "" (/private/comment "Les miens")']
    assert await client.ok("GETMETADATA INBOX /private/comment") == [b"* METADATA INBOX (/private/comment NIL)"]


async def test_limits_are_said_and_nothing_is_written(imap: Imap) -> None:
    client = await imap.logged_in()
    long = b"x" * (LONGEST_VALUE + 1)
    told = await client.do(b'SETMETADATA INBOX (/private/a "1" /private/b {%d+}\r\n%b)' % (len(long), long))
    assert told[-1].startswith(b"NO [METADATA MAXSIZE 16384]")
    entries = " ".join(f'/private/n{number} "x"' for number in range(MOST_ENTRIES))
    await client.ok(f"SETMETADATA INBOX ({entries})")
    assert (await client.do('SETMETADATA INBOX (/private/a "1")'))[-1].startswith(b"NO [METADATA TOOMANY]")
    await client.ok('SETMETADATA INBOX (/private/n0 NIL /private/b "1")')
    assert await client.ok("GETMETADATA INBOX (/private/a /private/b)") == [
        b'* METADATA INBOX (/private/a NIL /private/b "1")'
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        "GETMETADATA", "GETMETADATA INBOX", "GETMETADATA INBOX ()", "GETMETADATA INBOX comment",
        "GETMETADATA INBOX /private", "GETMETADATA INBOX /private/", "GETMETADATA INBOX /private//a",
        "GETMETADATA INBOX /public/a", "GETMETADATA (DEPTH 2) INBOX /private/a", "GETMETADATA (SIZE 2) INBOX /shared/a",
        'GETMETADATA INBOX "/private/*"', 'GETMETADATA INBOX "/private/\u00e9"', "SETMETADATA INBOX ()",
        "SETMETADATA INBOX (/private/a)", 'SETMETADATA INBOX /private/a "x"', 'SETMETADATA INBOX (/private/a "x"',
        f"GETMETADATA INBOX /private/{'a' * 300}", f"GETMETADATA INBOX ({'/private/a ' * 200}/private/a)",
    ],
)  # fmt: skip
async def test_what_is_no_entry_is_refused(imap: Imap, wrong: str) -> None:
    client = await imap.logged_in()
    assert (await client.do(wrong))[-1].startswith(b"BAD ")
    assert await client.ok("NOOP") == []


async def test_changes_at_once_lose_none(house: House, owner: str) -> None:
    box = await house.box(owner)
    await asyncio.gather(*(annotate(house.mail, owner, box, {f"/private/n{n}": b"x"}) for n in range(10)))
    assert len(await annotations(house.mail, owner, box)) == 10


async def test_what_is_private_is_the_account_s_own_and_goes_with_it(house: House, owner: str) -> None:
    box = await house.box(owner)
    await annotate(house.mail, owner, box, {"/private/a": b"1", "/shared/a": b"2"})
    await annotate(house.mail, OTHER, box, {"/private/a": b"3"})
    assert await annotations(house.mail, OTHER, box) == {"/private/a": b"3", "/shared/a": b"2"}
    await erase_account(house.mail, OTHER)
    assert await annotations(house.mail, OTHER, box) == {"/shared/a": b"2"}
    await erase_account(house.mail, owner)
    assert await house.database["annotations"].find({"mailbox": box.id}).to_list(10) == []


@given(st.text(max_size=30).map(lambda text: f"/private/{text}") | st.text(max_size=40))
def test_any_text_is_an_entry_or_refused(text: str) -> None:
    try:
        name = entry_name(text)
    except InvalidInput:
        return
    assert name == entry_name(name)
    assert not any(character in "*% " or not character.isprintable() for character in name)
    assert below(name, 0, name)
    assert below(name, 1, name + "/x")
    assert not below(name, 1, name + "x")
