"""Letters on their way to a former server, and what becomes of them."""

from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from services.mail.domain.queue import PASSING, Entry
from services.mail.relay.former import FormerServer, Moving, former_servers
from services.mail.relay.route import Server, Tls
from services.mail.settings import Settings
from tests.mail.house import letter
from tests.mail.relay.post import OWNER, SENDER, Post, RemoteOf

MOVING = "sante.gouv.tg"
STAYED, STRANGER = f"agent8@{MOVING}", "a@example.org"


class Signs:
    """Every domain has keys."""

    async def fields(self, entry: Entry) -> bytes:
        return b"DKIM-Signature: ours\r\n"


def moving(post: Post, remote: Any) -> None:
    former = FormerServer(MOVING, remote.server(tls=Tls.NONE, former_of=MOVING))
    post.routes = Moving(post.routes, [former])  # type: ignore[assignment]


async def passed(post: Post, sender: str = STRANGER, owner: str = PASSING) -> None:
    """As `pass_on` queues it."""
    content = await post.house.content(letter())

    async def act(session: Any) -> None:
        await post.queue.enqueue(
            submission_id="01PASSED", owner=owner, sender=sender, recipients=[STAYED],
            blob=content.blob, size=content.size, session=session, passed=True,
        )  # fmt: skip

    await post.house.mail.store.transaction(act)


async def test_it_goes_to_the_former_server_unsigned_and_under_its_own_sender(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of()
    moving(post, remote)
    post.signer = Signs()
    await passed(post)
    await post.settled()
    ((sender, recipients, content),) = remote.received
    assert (sender, recipients) == (STRANGER, [STAYED])
    above, _, rest = content.partition(b"From: ")
    assert b"From: " + rest == letter()
    assert above.endswith(f"X-Passed-On: {MOVING}\r\n".encode())
    assert b"DKIM-Signature" not in above


async def test_what_our_agents_write_to_it_is_signed_and_known_again(post: Post, remote_of: RemoteOf) -> None:
    remote, other = await remote_of(), await remote_of()
    post.routes.table["example.org"] = [other.server()]
    moving(post, remote)
    post.signer = Signs()
    await post.enqueue(letter(), STAYED, STRANGER)
    await post.settled()
    ((_, _, content),), ((_, _, elsewhere),) = remote.received, other.received
    assert f"X-Passed-On: {MOVING}\r\nDKIM-Signature: ours\r\n".encode() in content
    assert b"X-Passed-On" not in elsewhere


async def test_a_proven_sender_is_told_what_it_refuses_at_last(post: Post, remote_of: RemoteOf) -> None:
    remote, stranger = await remote_of(data="554 5.7.1 no"), await remote_of()
    post.routes.table["example.org"] = [stranger.server()]
    moving(post, remote)
    await passed(post)
    await post.settled()
    await post.until(lambda: _empty(post))
    # A worker's queue is the test's own: the notice was handed over to it.
    (notice,) = post.house.queued.entries
    assert (notice["sender"], notice["recipients"]) == ("", [STRANGER])
    assert await post.inbox() == []


async def test_who_is_not_proven_is_written_nothing_and_the_postmaster_is(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(data="450 4.2.0 later")
    moving(post, remote)
    await passed(post, owner=OWNER)
    post.house.clock.advance(hours=5)
    await post.settled()
    assert await post.inbox() == []
    remote.data = "554 5.7.1 no"
    post.house.clock.advance(hours=5)
    await post.settled()
    (notice,) = await post.inbox()
    assert STAYED.encode() in notice
    assert post.house.queued.entries == []


async def test_once_it_is_removed_what_waits_for_it_goes_where_dns_says(post: Post, remote_of: RemoteOf) -> None:
    gone, ours = await remote_of(connection="421 4.3.2 away"), await remote_of()
    routes = post.routes
    moving(post, gone)
    await passed(post)
    await post.settled()
    assert len(await post.entries()) == 1
    routes.table[MOVING] = [ours.server()]
    post.routes = routes
    post.house.clock.advance(hours=1)
    await post.settled()
    assert [recipients for _, recipients, _ in ours.received] == [[STAYED]]


async def test_one_that_is_away_holds_up_nothing_that_goes_by_the_smart_host(post: Post, remote_of: RemoteOf) -> None:
    away, smart = await remote_of(connection="421 4.3.2 away"), await remote_of()
    post.routes.table["example.org"] = [smart.server()]
    moving(post, away)
    for _ in range(3):
        await passed(post)
    await post.settled(smart_host=True, apart=frozenset({MOVING}))
    await post.enqueue(letter(), STRANGER, sender=SENDER)
    await post.settled(smart_host=True, apart=frozenset({MOVING}))
    assert len(smart.received) == 1


def test_a_former_server_is_told_by_one_setting() -> None:
    one, two = former_servers(
        "sante.gouv.tg=smtp://mail.sante.gouv.tg?network=192.0.2.0/24&network=2001:db8::/64,"
        "eau.gouv.tg=smtp://10.0.0.4:2525?tls=opportunistic"
    )
    assert one.server == Server("mail.sante.gouv.tg", 25, "mail.sante.gouv.tg", Tls.REQUIRED, former_of="sante.gouv.tg")
    assert one.networks == (ip_network("192.0.2.0/24"), ip_network("2001:db8::/64"))
    assert (two.domain, two.server.port, two.server.tls) == ("eau.gouv.tg", 2525, Tls.OPPORTUNISTIC)
    assert former_servers("") == ()


@pytest.mark.parametrize(
    "given",
    [
        "sante.gouv.tg",
        "sante.gouv.tg=mail.sante.gouv.tg:25",
        "sante.gouv.tg=http://mail.sante.gouv.tg",
        "sante.gouv.tg=smtp://mail.sante.gouv.tg?tls=dane",
        "sante.gouv.tg=smtp://mail.sante.gouv.tg?network=all",
        "sante.gouv.tg=smtp://mail.sante.gouv.tg:port",
        "sante.gouv.tg=smtp://user:password@mail.sante.gouv.tg",
        "=smtp://mail.sante.gouv.tg",
        "sante.gouv.tg=smtp://one,sante.gouv.tg=smtp://two",
        "example.org=smtp://mail.example.org",
    ],
)
def test_what_names_no_former_server_is_refused_at_once(given: str) -> None:
    with pytest.raises(ValidationError):
        Settings(former_servers=given)


async def _empty(post: Post) -> bool:
    return not await post.entries()
