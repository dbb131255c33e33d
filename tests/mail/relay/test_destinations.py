"""Destinations apart: what one of them does to us costs nobody else's letters their time."""

from collections import Counter
from datetime import timedelta

import pytest

from services.mail.relay.route import Server
from services.mail.relay.transmit import Timeouts
from tests.mail.house import letter
from tests.mail.relay.post import Post, RemoteOf

BUSY = "421 4.7.0 too many connections, closing"


async def enqueue(post: Post, count: int, domain: str = "example.org", owner: str = "01AGENT1") -> None:
    for number in range(count):
        await post.enqueue(letter(f"{owner} {number}"), f"r{number}@{domain}", owner=owner)


async def test_421_lowers_how_much_is_sent_at_a_time_and_success_raises_it(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(before_data=0.3, data=BUSY)
    post.routes.table["example.org"] = [remote.server()]
    await enqueue(post, 4)
    relay = post.relay(per_domain=4)
    await relay.start()

    async def all_were_refused() -> bool:
        return all(entry["attempts"] == 1 for entry in await post.entries())

    await post.until(all_were_refused)
    remote.data = "250 2.0.0 taken"
    remote.most = 0
    post.house.clock.advance(minutes=2)
    await enqueue(post, 8)

    async def empty() -> bool:
        return not await post.entries()

    first: list[int] = []

    async def two_arrived() -> bool:
        first.append(remote.most)
        return len(remote.received) >= 2

    await post.until(two_arrived)
    assert max(first) <= 2
    await post.until(empty)
    assert remote.most == 4


async def test_who_cannot_be_reached_is_left_alone_for_all_its_letters(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(connection=BUSY)
    post.routes.table["example.org"] = [remote.server()]
    await enqueue(post, 10)
    await post.settled(per_domain=1)
    assert remote.connections == 1
    entries = await post.entries()
    assert {entry["attempts"] for entry in entries} == {1}
    assert all("421" in entry["recipients"][0]["diagnostic"] for entry in entries)
    assert {entry["due"] - post.house.clock() for entry in entries} == {timedelta(minutes=1)}


async def test_after_its_rest_one_letter_finds_out_for_all(post: Post, remote_of: RemoteOf, nobody: Server) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [nobody]
    await enqueue(post, 5)
    relay = post.relay()
    await relay.start()

    async def tried() -> bool:
        return all(entry["attempts"] == 1 for entry in await post.entries())

    await post.until(tried)
    post.routes.table["example.org"] = [remote.server()]
    post.house.clock.advance(minutes=1, seconds=1)

    async def empty() -> bool:
        return not await post.entries()

    await post.until(empty)
    assert len(remote.received) == 5


async def test_a_letter_to_who_is_left_alone_is_given_up_in_its_time(post: Post, nobody: Server) -> None:
    post.routes.table["example.org"] = [nobody]
    await enqueue(post, 2)
    post.house.clock.advance(days=6)
    await post.settled(per_domain=1)
    assert await post.entries() == []
    assert all(b"Status: 5.4.7" in notice for notice in await post.inbox())
    assert len(await post.inbox()) == 2


async def test_servers_that_hold_on_to_a_connection_take_nobody_elses_place(post: Post, remote_of: RemoteOf) -> None:
    slow, quick = await remote_of(before_data=30), await remote_of()
    post.timeouts = Timeouts(end=60)
    for number in range(3):
        post.routes.table[f"slow{number}.example"] = [slow.server()]
        await enqueue(post, 2, f"slow{number}.example")
    post.routes.table["example.com"] = [quick.server()]
    await enqueue(post, 1, "example.com")
    await post.relay(at_once=2, per_domain=2, slow_seconds=0.1).start()

    async def arrived() -> bool:
        return len(quick.received) == 1

    await post.until(arrived)


async def test_no_sender_is_in_front_of_all_others(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    await enqueue(post, 12, owner="01MANY")
    post.house.clock.advance(seconds=1)
    await enqueue(post, 2, owner="01FEW")
    await post.settled(at_once=1, per_domain=1)
    order = ["FEW" if b"01FEW" in content else "MANY" for _, _, content in remote.received]
    assert Counter(order[:4]) == {"MANY": 2, "FEW": 2}


async def waiting_longer(post: Post, letters: list[tuple[str, str]]) -> None:
    """Letters, by sender and domain, that have waited longer than the one that is there."""
    (there,) = await post.entries()
    due = there["due"] - timedelta(minutes=1)
    await post.house.database["queue"].insert_many(
        {
            **there, "_id": f"{owner}.{number:04}", "owner": owner, "due": due, "domain": domain,
            "recipients": [{"address": f"x@{domain}"}],
        }
        for number, (owner, domain) in enumerate(letters)
    )  # fmt: skip


async def test_what_fills_a_look_is_looked_past(
    post: Post, remote_of: RemoteOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a destination's thousand letters nor one sender's hide what is behind them."""
    monkeypatch.setattr("services.mail.relay.shelf.SOME", 50)
    remote, slow = await remote_of(), await remote_of(before_data=30)
    post.timeouts = Timeouts(end=60)
    post.routes.table |= {"slow.example": [slow.server()], "example.com": [remote.server()]}
    await enqueue(post, 1, "example.com", owner="01FEW")
    elsewhere = [f"d{number}.example" for number in range(80)]
    post.routes.table |= {domain: [remote.server()] for domain in elsewhere}
    await waiting_longer(post, [*(("01MANY", domain) for domain in elsewhere), *[("01MORE", "slow.example")] * 80])
    await post.relay(at_once=2, per_domain=1, poll_seconds=0.2).start()

    async def arrived() -> bool:
        return any(recipients == ["r0@example.com"] for _, recipients, _ in remote.received)

    await post.until(arrived)
    assert len(remote.received) < 40


async def test_a_smart_host_is_one_destination(post: Post, remote_of: RemoteOf) -> None:
    """When it is away, one letter finds out for all domains."""
    remote = await remote_of(connection=BUSY)
    for number in range(5):
        post.routes.table[f"d{number}.example"] = [remote.server()]
        await enqueue(post, 1, f"d{number}.example")
    await post.settled(smart_host=True, at_once=1)
    assert remote.connections == 1
    assert {entry["attempts"] for entry in await post.entries()} == {1}
