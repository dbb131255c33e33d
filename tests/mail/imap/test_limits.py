"""Who may stay, and how many."""

import asyncio
from datetime import UTC, datetime

from chassis.identity import Revocation
from services.mail.imap.ports import Options
from tests.mail.imap.party import ADDRESS, PASSWORD, Imap, Start

LOGIN = f'LOGIN {ADDRESS} "{PASSWORD}"'


async def test_an_account_has_so_many_connections(start: Start) -> None:
    imap = await start(Options(max_message=1_000_000, connections_per_account=1))
    first = await imap.logged_in()
    second = await imap.secure()
    await second.response()
    assert (await second.do(LOGIN))[-1].startswith(b"NO [LIMIT]")
    assert (await second.do("SELECT INBOX"))[-1].startswith(b"BAD")
    await first.ok("LOGOUT")
    assert await first.closed()
    first.close()
    async with asyncio.timeout(5):  # the server hears of the end a moment later
        while not (await second.do(LOGIN))[-1].startswith(b"OK"):
            await asyncio.sleep(0.02)


async def test_who_has_to_wait_cannot_go_on_trying(imap: Imap) -> None:
    imap.doorkeeper.locked = True
    client = await imap.secure()
    await client.response()
    for _ in range(2):
        assert (await client.do(f"LOGIN {ADDRESS} faux"))[-1].startswith(b"NO [LIMIT]")
    assert (await client.do(f"LOGIN {ADDRESS} faux"))[0].startswith(b"* BYE")
    assert await client.closed()


async def test_a_refusal_names_the_state_that_forbids(imap: Imap) -> None:
    client = await imap.logged_in()
    assert (await client.do(LOGIN))[-1] == b"BAD Not allowed in the authenticated state"
    assert (await client.do("FETCH 1 FLAGS"))[-1] == b"BAD Not allowed in the authenticated state"


async def test_an_ended_session_is_dismissed_at_once(imap: Imap, owner: str) -> None:
    client = await imap.selected()
    idling = await imap.selected()
    await idling.send(b"i IDLE\r\n")
    assert await idling.response() == b"+ idling"
    imap.revocations.add(Revocation("01AUTRE", "", datetime.now(UTC)))
    assert await client.ok("NOOP") == []
    imap.revocations.add(Revocation(owner, "", datetime.now(UTC)))
    assert await client.response() == b"* BYE The session has ended"
    assert await idling.response() == b"* BYE The session has ended"
    await imap.still_serves()


async def test_an_idling_client_that_vanishes_leaves_nothing_waiting(imap: Imap) -> None:
    idling = await imap.selected()
    await idling.send(b"i IDLE\r\n")
    assert await idling.response() == b"+ idling"
    assert waiting() == 1
    idling.writer.transport.abort()
    async with asyncio.timeout(5):
        while waiting():
            await asyncio.sleep(0.01)
    await imap.still_serves()


def waiting() -> int:
    """How many tasks wait for a change of a mailbox."""
    names = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
    return sum(name == "Event.wait" for name in names)


async def test_plain_login_where_the_settings_allow_it(start: Start) -> None:
    imap = await start(Options(max_message=1_000_000, plain_login=True))
    client = await imap.plain()
    assert b"LOGINDISABLED" not in await client.response()
    await client.ok(LOGIN)
    await client.ok("SELECT INBOX")
