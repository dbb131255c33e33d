"""The queue as operators see and change it, with the relay that empties it beside them."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from workspace.mail.v1 import queue_pb2 as pb

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from deploy.local.certificates import Authority
from services.mail.relay.route import NoRoute
from services.mail.relay.transmit import Timeouts
from services.mail.store.queue import Queue
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter
from tests.mail.relay.post import OWNER, SENDER, Post, Routes

AWAY = NoRoute("4.4.3", "example.org could not be looked up")
Call = Callable[..., Awaitable[Any]]


@pytest.fixture
async def post(house: House) -> AsyncIterator[Post]:
    made = Post(house, Queue(house.database, house.clock), Routes({"example.org": AWAY}), Timeouts())
    yield made
    for relay in made.relays:
        await relay.stop()


@pytest.fixture
def call(api: Api) -> Call:
    async def called(verb: str, request: Any = None, *, administers: str | None = "", **fields: Any) -> Any:
        rpc = getattr(api.queue, verb)
        with acting_as(await api.identity("01ADMIN", "admin@gouv.tg", administers=administers)):
            return await rpc(request or getattr(pb, f"{verb}Request")(**fields))

    return called


async def acts(post: Post) -> list[dict[str, Any]]:
    found = await post.house.database["queue"].find({"pending": 1}).to_list(100)
    return [fact for each in found for fact in each["outbox"] if fact["type"] == "act_recorded"]


async def one(call: Call) -> pb.QueueEntry:
    (entry,) = (await call("ListQueueEntries")).entries
    return entry


async def test_what_waits_is_shown_and_nothing_of_what_it_says(post: Post, call: Call) -> None:
    await post.enqueue(letter("Affaire secrète"), "b@example.org", "c@example.org")
    entry = await one(call)
    assert (entry.sender, entry.domain, entry.recipient_count, entry.attempts) == (SENDER, "example.org", 2, 0)
    assert (entry.last_answer, entry.held_by, entry.trying) == ("", "", False)
    await post.settled()
    entry = await one(call)
    assert (entry.attempts, entry.last_answer) == (1, "example.org could not be looked up")
    assert entry.due_at.seconds - entry.tried_at.seconds == 60
    whole = await call("GetQueueEntry", id=entry.id)
    assert [(each.address, each.status) for each in whole.recipients] == [
        ("b@example.org", "4.4.3"),
        ("c@example.org", "4.4.3"),
    ]
    assert "secr" not in str(whole)


async def test_letters_are_chosen_by_destination_sender_and_age_and_come_in_pages(post: Post, call: Call) -> None:
    for number in range(3):
        await post.enqueue(letter(f"{number}"), f"b{number}@example.org")
    post.house.clock.advance(hours=2)
    await post.enqueue(letter("Other"), "x@example.com", sender="agent2@sante.gouv.tg")
    middle = pb.ListQueueEntriesRequest()
    middle.accepted_before.FromDatetime(post.house.clock() - timedelta(hours=1))
    assert len((await call("ListQueueEntries", domain="Example.org")).entries) == 3
    assert len((await call("ListQueueEntries", sender="agent2@sante.gouv.tg")).entries) == 1
    assert len((await call("ListQueueEntries", middle)).entries) == 3
    assert len((await call("ListQueueEntries", held=True)).entries) == 0
    found = (await call("ListQueueDestinations")).destinations
    assert [(each.domain, each.entries) for each in found] == [("example.org", 3), ("example.com", 1)]
    seen, token = [], ""
    while True:
        page = await call("ListQueueEntries", page_size=2, page_token=token)
        seen += [entry.id for entry in page.entries]
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 4
    with pytest.raises(InvalidInput):
        await call("ListQueueEntries", page_size=501)


async def test_what_is_held_does_not_leave_until_it_is_released(post: Post, call: Call) -> None:
    await post.enqueue(letter(), "b@example.org")
    held = await call("HoldQueueEntry", id=(await one(call)).id)
    assert (held.held_by, held.HasField("due_at")) == ("01ADMIN", False)
    assert await call("HoldQueueEntry", id=held.id) == held
    post.house.clock.advance(days=3)
    await post.settled()
    assert (await one(call)).attempts == 0
    assert [each.held for each in (await call("ListQueueDestinations")).destinations] == [1]
    # The blob of what is held is not reclaimed.
    (document,) = await post.entries()
    assert await post.queue.named_blobs([document["blob"]]) == {document["blob"]}
    with pytest.raises(Conflict):
        await call("RetryQueueEntry", id=held.id)
    released = await call("ReleaseQueueEntry", id=held.id)
    assert released.held_by == ""
    await post.settled()
    assert (await one(call)).attempts == 1
    told = await acts(post)
    assert ['"act": "hold_letter"' in act["body"].replace('":"', '": "') for act in told] == [True, False]
    assert all("01ADMIN" in act["body"] and "example.org" in act["body"] for act in told)


async def test_a_retry_tries_who_is_left_alone_for_a_while(post: Post, call: Call) -> None:
    await post.enqueue(letter(), "b@example.org")
    relay = post.relay()
    await relay.start()

    async def tried(times: int) -> bool:
        return (await one(call)).attempts == times

    await post.until(lambda: tried(1))
    post.routes.table["example.org"] = NoRoute("5.1.2", "example.org does not exist")
    await call("RetryQueueEntry", id=(await one(call)).id)

    async def bounced() -> bool:
        return not await post.entries()

    await post.until(bounced)


@pytest.mark.parametrize("tell", [True, False])
async def test_what_is_dropped_is_gone_and_its_sender_told_or_not(post: Post, call: Call, tell: bool) -> None:
    await post.enqueue(letter(), "b@example.org")
    await post.settled()
    entry = await one(call)
    await call("DropQueueEntry", id=entry.id, tell_sender=tell)
    await post.settled()
    assert list((await call("ListQueueEntries")).entries) == []
    notices = await post.inbox()
    assert len(notices) == tell
    assert all(b"An operator took it out of the queue" in notice for notice in notices)
    (act,) = await acts(post)
    assert "drop_letter" in act["body"]
    for verb in ("GetQueueEntry", "HoldQueueEntry", "ReleaseQueueEntry", "RetryQueueEntry", "DropQueueEntry"):
        with pytest.raises(NotFound):
            await call(verb, id=entry.id)


async def test_what_is_being_tried_is_left_to_the_relay(post: Post, call: Call) -> None:
    """A letter that was taken is not sent again since somebody held it meanwhile."""
    await post.enqueue(letter(), "b@example.org")
    (entry,) = await post.queue.due(post.house.clock(), 1)
    until = post.house.clock().replace(microsecond=0)
    post.house.clock.advance(seconds=-60)
    assert await post.queue.claim(entry, until)
    seen = await one(call)
    assert seen.trying
    for verb in ("HoldQueueEntry", "RetryQueueEntry", "DropQueueEntry"):
        with pytest.raises(Conflict):
            await call(verb, id=seen.id)
    assert await acts(post) == []
    # Whoever had it is dead.
    post.house.clock.advance(seconds=61)
    held = await call("HoldQueueEntry", id=seen.id)
    assert not held.trying
    assert (await call("ReleaseQueueEntry", id=seen.id)).held_by == ""


async def test_the_queue_is_for_the_national_administrator(post: Post, call: Call) -> None:
    await post.enqueue(letter(), "b@example.org", owner=OWNER)
    id_ = (await one(call)).id
    for administers in ("01MINISTRY", None):
        for verb, fields in (
            ("ListQueueEntries", {}),
            ("ListQueueDestinations", {}),
            ("GetQueueEntry", {"id": id_}),
            ("HoldQueueEntry", {"id": id_}),
            ("ReleaseQueueEntry", {"id": id_}),
            ("RetryQueueEntry", {"id": id_}),
            ("DropQueueEntry", {"id": id_}),
        ):
            with pytest.raises(Forbidden):
                await call(verb, administers=administers, **fields)
    assert (await one(call)).held_by == ""


async def test_workspace_mail_queue(post: Post, api: Api, authority: Authority) -> None:
    """Each command a process of its own, as an operator's."""
    for number in range(2):
        await post.enqueue(letter(f"{number}"), f"b{number}@example.org")
    await post.enqueue(letter("Other"), "x@example.com")
    workspace = CommandLine(api, authority, await api.identity("01ADMIN", administers=""), "queue")

    rows = json.loads(await workspace("list", "--domain", "example.org", "--json"))
    assert [(row["domain"], row["state"]) for row in rows] == [("example.org", "waiting")] * 2
    assert await workspace("hold", "--domain", "example.org") == "2 held\n"
    assert "held" in await workspace("list", "--held")
    assert "b0@example.org" in await workspace("show", rows[0]["id"])
    assert await workspace("drop", rows[0]["id"], "--quietly") == "1 dropped\n"
    assert await workspace("release", "--held") == "1 released\n"
    assert "name letters" in await workspace("hold", code=2)
    left = json.loads(await workspace("destinations", "--json"))
    assert {each["domain"]: each["entries"] for each in left} == {"example.org": "1", "example.com": "1"}
