"""From a document's outbox to the broker: at least once, in order, nothing left and nothing lost."""

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kombu import Consumer, Exchange, Queue
from pymongo import AsyncMongoClient
from workspace.mail.v1.events_pb2 import MessageReceived

from chassis.documents import QueryRecorder, connect, ensure_indexes, scans
from chassis.errors import Unavailable
from chassis.events import Dispatcher, document_with_facts, fact, outbox_index, with_facts
from chassis.events.emptying import emptyings, pulls
from chassis.events.publishing import broker as broker_connection
from chassis.events.publishing import bucket_of


def told(subject: str, version: int = 1, **more: Any) -> dict[str, Any]:
    return fact(MessageReceived(account_id="a1", message_id=subject), subject=subject, version=version, **more)


class Ear:
    """A queue on both exchanges of mail."""

    def __init__(self, url: str, name: str) -> None:
        self.connection = broker_connection(url, heartbeat=0)
        self.events: list[dict[str, Any]] = []
        self.live: list[tuple[str, str]] = []
        channel = self.connection.channel()
        events = Queue(f"{name}.e", Exchange("mail.events", "topic"), routing_key="#")
        live = Queue(f"{name}.n", Exchange("mail.notify", "direct"), routing_key=bucket_of("a1"))
        Consumer(channel, [events], on_message=self._event, no_ack=True).consume()
        Consumer(channel, [live], on_message=self._live, no_ack=True).consume()

    def _event(self, message: Any) -> None:
        self.events.append(json.loads(message.body))

    def _live(self, message: Any) -> None:
        self.live.append((json.loads(message.body)["subject"], message.delivery_info["routing_key"]))

    def drain(self, count: int, seconds: float = 10) -> list[str]:
        for _ in range(int(seconds / 0.1)):
            if len(self.events) >= count:
                break
            self.more(0.1)
        return [each["subject"] for each in self.events]

    def more(self, seconds: float) -> None:
        try:
            while True:
                self.connection.drain_events(timeout=seconds)
        except TimeoutError:
            return


@pytest.fixture
async def database(documents_url: str, database_name: str) -> AsyncIterator[Any]:
    own = connect(documents_url, database_name)
    await ensure_indexes(own, [outbox_index("things")])
    yield own
    own.client.close()


@pytest.fixture
def ear(broker: str, unique: Callable[[str], str]) -> Any:
    own = Ear(broker, unique("test"))
    yield own
    own.connection.release()


def dispatcher(database: Any, url: str, **options: Any) -> Dispatcher:
    return Dispatcher("mail", database, url, ["things"], **options)


async def test_facts_are_published_in_order_and_leave_nothing(database: Any, broker: str, ear: Ear) -> None:
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one", audience=["a1"])))
    await database.things.update_one({"_id": 1}, with_facts({"$set": {"seen": 1}}, told("two"), told("three")))
    one = dispatcher(database, broker)
    assert await one.sweep() == 3
    assert await asyncio.to_thread(ear.drain, 3) == ["one", "two", "three"]
    assert ear.live == [("one", bucket_of("a1"))]
    assert await database.things.find_one({"_id": 1}) == {"_id": 1, "seen": 1}
    assert await one.sweep() == 0
    await one.stop()


async def test_a_fact_is_published_as_soon_as_it_is_written(database: Any, broker: str, ear: Ear) -> None:
    one = dispatcher(database, broker, sweep_seconds=30)
    await one.start()
    await asyncio.sleep(0.3)
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one")))
    assert await asyncio.to_thread(ear.drain, 1, 3) == ["one"]
    assert await one.ready()
    await one.drain()
    await one.stop()


async def test_a_long_silence_makes_the_next_fact_no_later(
    documents_url: str, database_name: str, database: Any, broker: str, ear: Ear
) -> None:
    # The workers' driver; the silence is longer than one operation may take.
    client: Any = AsyncMongoClient(documents_url, timeoutMS=1500, tz_aware=True)
    one = dispatcher(client[database_name], broker, sweep_seconds=30)
    await one.start()
    await asyncio.sleep(2)
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one")))
    assert await asyncio.to_thread(ear.drain, 1, 3) == ["one"]
    await one.drain()
    await one.stop()
    await client.close()


async def test_a_write_asks_of_no_other_collection(
    documents_url: str, database_name: str, database: Any, broker: str, ear: Ear
) -> None:
    recorder = QueryRecorder()
    own = connect(documents_url, database_name, listeners=[recorder])
    one = Dispatcher("mail", own, broker, ["others", "things"], sweep_seconds=30)
    await one.start()
    await asyncio.sleep(0.3)
    recorder.commands.clear()
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one")))
    assert await asyncio.to_thread(ear.drain, 1, 3) == ["one"]
    await database.things.update_one({"_id": 1}, with_facts({}, told("two")))
    assert await asyncio.to_thread(ear.drain, 2, 3) == ["one", "two"]
    assert {each["find"] for each in recorder.commands.values()} <= {"things", "leases"}
    await one.drain()
    await one.stop()
    own.client.close()


async def test_a_fact_that_comes_in_while_publishing_is_kept(database: Any, broker: str, ear: Ear) -> None:
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one")))
    read = await database.things.find_one({"_id": 1})
    await database.things.update_one({"_id": 1}, with_facts({}, told("two")))
    # What a dispatcher does that read the document before the second fact came.
    result = await database.things.bulk_write(emptyings([read]))
    assert result.matched_count == 0
    one = dispatcher(database, broker)
    assert await one.sweep() == 2
    assert await asyncio.to_thread(ear.drain, 2) == ["one", "two"]
    await one.stop()


async def test_of_many_at_once_each_is_emptied_of_what_was_told_and_keeps_the_rest(database: Any) -> None:
    await database.things.insert_many(
        [
            *({"_id": n, **document_with_facts({}, told(str(n)))} for n in range(120)),
            {"_id": "two", **document_with_facts({}, told("two"), told("more"))},
            {"_id": "gone", **document_with_facts({"deleted": True}, told("gone"))},
            {"_id": "busy gone", **document_with_facts({"deleted": True}, told("busy gone"))},
            {"_id": "none", "pending": 1},
        ]
    )
    read = await database.things.find({}).to_list(200)
    for late in (7, "two", "busy gone"):
        await database.things.update_one({"_id": late}, with_facts({}, told(f"late {late}")))
    result = await database.things.bulk_write(emptyings(read), ordered=False)
    assert (result.matched_count, result.deleted_count) == (120 - 1 + 1, 1)
    await database.things.bulk_write(pulls(read), ordered=False)
    left = {each["_id"]: each["outbox"] async for each in database.things.find({"pending": 1})}
    assert {name: [json.loads(entry["body"])["subject"] for entry in outbox] for name, outbox in left.items()} == {
        late: [f"late {late}"] for late in (7, "two", "busy gone")
    }
    assert await database.things.count_documents({}) == 123


async def test_documents_with_many_facts_go_out_a_batch_at_a_time(database: Any, broker: str, ear: Ear) -> None:
    many = [document_with_facts({"_id": n, "deleted": True}, *(told(f"{n} {m}") for m in range(9))) for n in range(5)]
    await database.things.insert_many(many)
    one, sizes = dispatcher(database, broker, batch=20), []
    publish = one._publisher.publish
    one._publisher.publish = lambda messages: (sizes.append(len(messages)), publish(messages))  # type: ignore[method-assign]
    assert await one.sweep() == 45
    assert sizes == [27, 18]
    heard = await asyncio.to_thread(ear.drain, 45)
    assert [each for each in heard if each.startswith("3 ")] == [f"3 {m}" for m in range(9)]
    assert await database.things.count_documents({}) == 0
    await one.stop()


async def test_who_lost_the_lease_while_publishing_tells_nothing_more(
    database: Any, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.things.insert_many([document_with_facts({"_id": n}, told(str(n))) for n in range(30)])
    one, other = dispatcher(database, broker, batch=10), dispatcher(database, broker)
    publish, told_by_other = one._publish, []

    async def slow(collection: str, documents: Any) -> int:
        """So slow that its time is over when it is done."""
        count = await publish(collection, documents)
        one._lease._until = datetime.fromtimestamp(0, UTC)
        await database.leases.update_many({}, {"$set": {"until": one._lease._until}})
        told_by_other.append(await other.sweep())
        return count

    monkeypatch.setattr(one, "_publish", slow)
    assert await one.sweep() == 10
    assert told_by_other == [20]
    await one.stop()
    await other.stop()


async def test_a_tombstone_goes_when_its_fact_is_out(database: Any, broker: str, ear: Ear) -> None:
    await database.things.insert_one(document_with_facts({"_id": 1, "deleted": True}, told("gone")))
    await database.things.insert_one({"_id": 2, "deleted": True})
    one = dispatcher(database, broker)
    assert await one.sweep() == 1
    assert await asyncio.to_thread(ear.drain, 1) == ["gone"]
    assert [each["_id"] for each in await database.things.find({}).to_list(9)] == [2]
    await one.stop()


async def test_a_mark_without_facts_is_cleared(database: Any, broker: str) -> None:
    await database.things.insert_many([{"_id": 1, "pending": 1}, {"_id": 2, "pending": 1, "outbox": []}])
    one = dispatcher(database, broker)
    assert await one.sweep() == 0
    assert await database.things.count_documents({"pending": 1}) == 0
    await one.stop()


async def test_while_the_broker_is_away_everything_waits(database: Any, tmp_path: Path) -> None:
    (tmp_path / "away").write_text("not a folder")
    one = dispatcher(database, f"spool://{tmp_path}/away/broker", sweep_seconds=0.1)
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one")))
    with pytest.raises(Unavailable):
        await one.sweep()
    await one.start()
    for _ in range(100):
        if not await one.ready():
            break
        await asyncio.sleep(0.02)
    assert not await one.ready()
    assert await database.things.count_documents({"pending": 1}) == 1
    (tmp_path / "away").unlink()
    for _ in range(200):
        if await one.ready():
            break
        await asyncio.sleep(0.05)
    assert await database.things.count_documents({"pending": 1}) == 0
    await one.stop()


async def test_writes_do_not_hurry_a_dispatcher_whose_broker_is_away(database: Any) -> None:
    tries: list[None] = []

    async def refused(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tries.append(None)
        writer.close()

    away = await asyncio.start_server(refused, "127.0.0.1", 0)
    port = away.sockets[0].getsockname()[1]
    one = dispatcher(database, f"amqp://guest:guest@127.0.0.1:{port}//")
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one")))
    await one.start()
    for _ in range(200):
        one.wake()
        await asyncio.sleep(0.005)
    assert not await one.ready()
    # Pauses of 0.05, 0.1, 0.2 s at the least, and kombu asks twice.
    assert 1 <= len(tries) <= 12
    await one.stop()
    away.close()


async def test_of_two_dispatchers_one_serves_and_the_other_takes_over(database: Any, broker: str, ear: Ear) -> None:
    first, second = dispatcher(database, broker), dispatcher(database, broker)
    await database.things.insert_one(document_with_facts({"_id": 1}, told("one")))
    assert await first.sweep() == 1
    await database.things.insert_one(document_with_facts({"_id": 2}, told("two")))
    assert await second.sweep() == 0
    await first.start()
    await first.drain()
    await first.stop()
    await database.things.insert_one(document_with_facts({"_id": 3}, told("three")))
    assert await second.sweep() == 1
    assert await asyncio.to_thread(ear.drain, 3) == ["one", "two", "three"]
    await second.stop()


async def test_the_dispatcher_asks_by_index_only(documents_url: str, database_name: str, broker: str) -> None:
    recorder = QueryRecorder()
    database = connect(documents_url, database_name, listeners=[recorder])
    await ensure_indexes(database, [outbox_index("things")])
    await database.things.insert_many([document_with_facts({"_id": n}, told(str(n))) for n in range(300)])
    one = dispatcher(database, broker)
    assert await one.sweep() == 300
    assert await scans(database, recorder) == []
    await one.stop()
    database.client.close()


PROGRAM = """
import asyncio, sys
from chassis.documents import connect
from chassis.events import Dispatcher

async def live():
    one = Dispatcher("mail", connect(sys.argv[1], sys.argv[2]), sys.argv[3], ["things"], batch=20, sweep_seconds=0.05)
    await one.start()
    print("up", flush=True)
    await asyncio.sleep(60)

asyncio.run(live())
"""


async def test_a_killed_dispatcher_publishes_again_never_less(
    documents_url: str, database_name: str, database: Any, broker: str, ear: Ear
) -> None:
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'proto' / 'gen'}"}
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), documents_url, database_name, broker]
    sent = 0
    for _ in range(3):
        victim = await asyncio.to_thread(subprocess.Popen, command, env=environment, stdout=subprocess.PIPE)
        assert victim.stdout is not None
        await asyncio.to_thread(victim.stdout.readline)
        for _ in range(10):
            documents = [document_with_facts({"_id": sent + n}, told(str(sent + n))) for n in range(20)]
            await database.things.insert_many(documents)
            sent += 20
        victim.kill()
        victim.wait()
        # The dead one's lease: its time has come.
        await database.leases.delete_many({})
    last = dispatcher(database, broker)
    await last.sweep()
    await last.stop()
    await asyncio.to_thread(ear.drain, sent)
    await asyncio.to_thread(ear.more, 0.3)
    assert {int(each["subject"]) for each in ear.events} == set(range(sent))
    assert await database.things.count_documents({"pending": 1}) == 0
