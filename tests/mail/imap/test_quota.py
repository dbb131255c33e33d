"""RFC 9208, by transcripts: what an account keeps, what it may keep, and what is refused beyond that."""

from dataclasses import replace

import pytest

from services.mail.domain.allotment import Whereabouts
from services.mail.domain.options import Options as Chosen
from services.mail.domain.quota import Quota
from services.mail.imap.ports import Options
from services.mail.usecases.known import Known
from services.mail.usecases.pools import give_pool
from tests.mail.house import House, letter
from tests.mail.imap.party import Client, Imap, Start

KIB = 1024
SOURCE = letter("Note", "x" * 2000)


@pytest.fixture
async def client(house: House, start: Start) -> Client:
    """Of an account that may keep 10 KiB in 100 messages."""
    house.mail = replace(house.mail, options=Chosen(quota=Quota(10 * KIB, 100)), known=Known())
    imap: Imap = await start(Options(max_message=1_000_000, failed_login_pause=0))
    return await imap.logged_in()


async def test_what_is_kept_and_may_be_is_told(client: Client) -> None:
    (told,) = await client.ok("CAPABILITY")
    assert {b"QUOTA", b"QUOTA=RES-STORAGE", b"QUOTA=RES-MESSAGE"} <= set(told.split())
    assert b"QUOTASET" not in told
    assert await client.ok("GETQUOTAROOT INBOX") == [
        b'* QUOTAROOT INBOX ""',
        b'* QUOTA "" (STORAGE 0 10 MESSAGE 0 100)',
    ]
    await client.append(SOURCE)
    await client.append(SOURCE, "APPEND Archive")
    assert await client.ok('GETQUOTA ""') == [b'* QUOTA "" (STORAGE 5 10 MESSAGE 2 100)']
    assert (await client.do("GETQUOTA other"))[-1].startswith(b"NO [NONEXISTENT]")
    assert (await client.do("GETQUOTAROOT Nowhere"))[-1].startswith(b"NO [NONEXISTENT]")


async def test_nobody_sets_a_quota_here(client: Client) -> None:
    for resources in ("(STORAGE 99999)", "()", "(STORAGE 0 MESSAGE 9223372036854775807)"):
        assert (await client.do(f'SETQUOTA "" {resources}'))[-1].startswith(b"NO [NOPERM]")
    for bad in ("(STORAGE)", "(STORAGE -1)", "STORAGE 1", f"(STORAGE {2**63})", f"({'A 1 ' * 30}B 1)", ""):
        assert (await client.do(f'SETQUOTA "" {bad}'))[-1].startswith(b"BAD"), bad
    assert await client.ok('GETQUOTA ""') == [b'* QUOTA "" (STORAGE 0 10 MESSAGE 0 100)']


async def test_a_message_without_room_is_refused_before_it_is_sent(client: Client) -> None:
    await client.send(b"a1 APPEND INBOX {20000}\r\n")
    assert await client.response() == b"a1 NO [OVERQUOTA] The mailbox is full"
    # Sent all the same, it is read and dropped.
    assert (await client.append(b"x" * 20_000)).startswith(b"NO [OVERQUOTA]")
    for _ in range(4):
        assert (await client.append(SOURCE)).startswith(b"OK")
    assert (await client.append(SOURCE)).startswith(b"NO [OVERQUOTA]")
    await client.ok("SELECT INBOX")
    assert (await client.do("COPY 1:* Archive"))[-1].startswith(b"NO [OVERQUOTA]")
    assert (await client.do("MOVE 1:2 Archive"))[-1].startswith(b"OK")
    assert await client.ok("STATUS Archive (MESSAGES)") == [b"* STATUS Archive (MESSAGES 2)"]
    await client.ok("STORE 1 +FLAGS (\\Deleted)")
    await client.ok("EXPUNGE")
    assert (await client.append(SOURCE)).startswith(b"OK")


async def test_status_tells_what_expunging_would_give_back(client: Client) -> None:
    for _ in range(3):
        await client.append(SOURCE)
    await client.ok("SELECT INBOX")
    await client.ok("STORE 1,3 +FLAGS (\\Deleted)")
    told = await client.ok("STATUS INBOX (DELETED DELETED-STORAGE MESSAGES)")
    assert told == [b"* STATUS INBOX (DELETED 2 DELETED-STORAGE %d MESSAGES 3)" % (2 * len(SOURCE))]
    listed = await client.ok('LIST "" INBOX RETURN (STATUS (DELETED))')
    assert listed[-1] == b"* STATUS INBOX (DELETED 2)"


async def test_strangers_are_told_nothing(house: House, imap: Imap) -> None:
    stranger = await imap.secure()
    await stranger.response()
    for command in ('GETQUOTA ""', "GETQUOTAROOT INBOX", 'SETQUOTA "" ()'):
        assert (await stranger.do(command))[-1].startswith(b"BAD")
    assert house.recorder.count == 0


async def test_room_that_a_unit_shares_is_a_quota_root_of_its_own(house: House, owner: str, start: Start) -> None:
    unit = Whereabouts("Ministère", ("01MINISTRY",))
    house.people.stands[owner] = replace(unit, name="agent1@numerique.gouv.tg")
    imap: Imap = await start(Options(max_message=1_000_000, failed_login_pause=0))
    client = await imap.logged_in()
    await give_pool(house.mail, "01MINISTRY", unit, 1024 * KIB)
    assert (await client.ok("GETQUOTAROOT INBOX"))[0] == b'* QUOTAROOT INBOX "" "shared/01MINISTRY"'
    await client.append(SOURCE)
    house.mail.known.limits.clear()
    assert await client.ok("GETQUOTA shared/01MINISTRY") == [b'* QUOTA "shared/01MINISTRY" (STORAGE 64 1024)']
    assert (await client.do("GETQUOTA shared/01SANTE"))[-1].startswith(b"NO [NONEXISTENT]")
    await client.append(letter("Grand", "x" * 950 * KIB))
    house.mail.known.limits.clear()
    await client.send(b"a1 APPEND INBOX {80000}\r\n")
    assert await client.response() == b"a1 NO [OVERQUOTA] The room that the unit shares is full"
    assert (await client.append(SOURCE)).startswith(b"OK")


async def test_in_a_full_mailbox_what_is_no_larger_takes_the_place_of_another(
    house: House, start: Start, client: Client
) -> None:
    for _ in range(4):
        await client.append(SOURCE)
    house.mail = replace(house.mail, options=Chosen(quota=Quota(5 * KIB, 2)), known=Known())
    imap: Imap = await start(Options(max_message=1_000_000, failed_login_pause=0))
    client = await imap.selected()
    for source, answer in ((letter("Note", "x" * 2001), b"NO [OVERQUOTA]"), (SOURCE, b"OK"), (letter("Bref"), b"OK")):
        told = await client.do(b"REPLACE 1 INBOX {%d+}\r\n%b" % (len(source), source))
        assert told[-1].startswith(answer), told
    assert (await client.append(letter("Bref"))).startswith(b"NO [OVERQUOTA]")
    assert len((await client.ok("UID SEARCH ALL"))[0].split()) == 2 + 4
