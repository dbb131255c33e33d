"""Workers as processes: what they hear, what they survive, how they end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from kombu import Exchange
from workspace.directory.v1.events_pb2 import AccountChanged, AccountCreated, AccountSuspended
from workspace.mail.v1.events_pb2 import MessageReceived

from chassis.documents import connect, ensure_indexes
from chassis.events import INDEXES, DeadLetters, fact
from chassis.events.publishing import Outgoing, Publisher, events_exchange
from chassis.people import INDEXES as PEOPLE_INDEXES
from chassis.people import People
from tests.rabbitmq import RabbitMq

ROOT = Path(__file__).parents[3]


class Worker:
    """A worker in a process of its own."""

    def __init__(self, broker: str, documents: str, name: str, service: str, schedule: str) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto' / 'gen'}", "PYTHONWARNINGS": "ignore"}
        program = str(Path(__file__).with_name("worker_program.py"))
        self.lines: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, program, broker, documents, name, service, schedule],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    async def says(self, event: str, seconds: float = 30) -> None:
        """Wait until it logs this."""
        async with asyncio.timeout(seconds):
            while not any(line.get("event") == event for line in self.lines):
                read = await asyncio.to_thread(self.process.stdout.readline)  # type: ignore[union-attr]
                assert read, f"ended without saying {event}: {self.lines}"
                if read.startswith(b"{"):
                    self.lines.append(json.loads(read))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, 20)


Start = Callable[..., Worker]


@pytest.fixture
async def database(documents_url: str, database_name: str) -> AsyncIterator[Any]:
    own = connect(documents_url, database_name)
    await ensure_indexes(own, [*INDEXES, *PEOPLE_INDEXES])
    yield own
    own.client.close()


@pytest.fixture
def service(unique: Callable[[str], str]) -> str:
    """Its queues are the test's own."""
    return unique("hearer")


@pytest.fixture
async def start(documents_url: str, database_name: str, service: str, broker: str) -> AsyncIterator[Start]:
    made: list[Worker] = []

    def begin(name: str = service, schedule: str = "0.2,0.2", url: str = broker) -> Worker:
        made.append(
            Worker(url, documents_url, database_name if name != "directory" else f"{database_name}_d", name, schedule)
        )
        return made[-1]

    yield begin
    for each in made:
        each.kill()


def received(subject: str) -> dict[str, Any]:
    message = MessageReceived(account_id="a1", message_id=subject)
    return fact(message, subject=subject, version=1, actor="a9")


async def tell(url: str, *facts: dict[str, Any], body: str = "") -> None:
    def publish() -> None:
        publisher = Publisher(url, [events_exchange("mail"), events_exchange("directory")])
        messages = [Outgoing(f"{each['source']}.events", each["type"], each["body"]) for each in facts]
        publisher.publish(messages or [Outgoing("mail.events", "message_received", body)])
        publisher.close()

    await asyncio.to_thread(publish)


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)


def heard(database: Any, count: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        return bool(await database.heard.count_documents({}) >= count)

    return enough


async def test_a_handler_hears_what_it_names_and_once_for_each_envelope(
    start: Start, database: Any, broker: str
) -> None:
    await start().says("ready")
    facts = [received(f"m{number}") for number in range(50)]
    await tell(broker, *facts, *facts)
    await tell(broker, *facts)
    await until(heard(database, 50))
    await asyncio.sleep(0.3)
    told = await database.heard.find({}).to_list(1000)
    assert sorted(each["event"] for each in told) == sorted(each["id"] for each in facts)
    assert {each["actor"] for each in told} == {"a9"}


async def test_a_poison_event_ends_in_the_dead_letters_and_is_delivered_by_a_replay(
    start: Start, database: Any, broker: str
) -> None:
    await database.moods.insert_one({"_id": "angry"})
    await start().says("ready")
    await tell(broker, received("poison one"), received("good"))
    await tell(broker, body="\x00 not json at all")
    letters = DeadLetters(database)

    async def buried() -> bool:
        return await letters.count() == 2

    await until(buried)
    await until(heard(database, 1))
    poison = next(each for each in await letters.list(10) if each.type)
    assert "cannot digest poison one" in poison.error
    assert poison.tries == 3
    await database.moods.delete_one({"_id": "angry"})
    await letters.replay(poison.id)
    await until(heard(database, 2))
    assert [each.type for each in await letters.list(10)] == [""]


async def test_what_a_killed_worker_was_doing_is_done_by_another(start: Start, database: Any, broker: str) -> None:
    victim = start()
    await victim.says("ready")
    await tell(broker, received("slow one"))
    await asyncio.sleep(0.4)
    victim.kill()
    assert await database.heard.count_documents({}) == 0
    await start().says("ready")
    await until(heard(database, 1))
    assert (await database.heard.find_one({}))["pid"] != victim.process.pid


async def test_a_worker_that_is_told_to_end_finishes_what_it_began(start: Start, database: Any, broker: str) -> None:
    worker = start()
    await worker.says("ready")
    await tell(broker, *(received(f"slow {number}") for number in range(5)))
    await asyncio.sleep(0.4)
    assert await worker.end() == 0
    assert await database.heard.count_documents({}) == 5
    assert await database.consumed.count_documents({}) == 5
    await start().says("ready")
    await asyncio.sleep(0.3)
    assert await database.heard.count_documents({}) == 5, "all was acknowledged"


async def test_two_workers_never_run_the_same_round(start: Start, database: Any) -> None:
    one, two = start(), start()
    await one.says("ready")
    await two.says("ready")
    await database.ticks.delete_many({})
    await asyncio.sleep(2)
    assert 3 <= await database.ticks.count_documents({}) <= 9
    one.kill()
    await database.ticks.delete_many({})

    async def goes_on() -> bool:
        return bool(await database.ticks.find_one({"pid": two.process.pid}))

    await until(goes_on, 40)


async def test_a_newcomer_is_told_the_present_state_once(
    start: Start, database: Any, broker: str, service: str
) -> None:
    newcomer = start()
    await newcomer.says("ready")
    # Asked before the owner ever ran.
    await start("directory").says("ready")

    async def knows_all() -> bool:
        return bool(await database.units.count_documents({}) == 200 and await database.people.find_one({"_id": "a1"}))

    await until(knows_all, 30)
    assert await newcomer.end() == 0
    await start().says("ready")
    await asyncio.sleep(1.5)
    assert await database.units.count_documents({"told": 1}) == 200
    assert await database.asked.count_documents({}) == 2


async def test_people_follow_the_newest_fact_whatever_the_order(start: Start, database: Any, broker: str) -> None:
    def told(kind: Any, version: int, **account: Any) -> dict[str, Any]:
        message = kind(account={"account_id": "a7", "display_name": "Agent 7", **account})
        return fact(message, subject="a7", version=version)

    await start().says("ready")
    await tell(
        broker,
        told(AccountSuspended, 3, address="new@sante.gouv.tg", aliases=["old@sante.gouv.tg"], suspended=True),
        told(AccountCreated, 1, address="old@sante.gouv.tg"),
        told(AccountChanged, 2, address="new@sante.gouv.tg", aliases=["old@sante.gouv.tg"]),
    )
    people = People(database)

    async def known() -> bool:
        return await people.by_id("a7") is not None

    await until(known)
    await asyncio.sleep(0.3)
    person = await people.by_address("OLD@sante.gouv.tg")
    assert person is not None
    assert (person.address, person.suspended, person.version) == ("new@sante.gouv.tg", True, 3)
    assert await people.by_address("nobody@sante.gouv.tg") is None


async def test_a_worker_waits_for_a_broker_that_is_away(start: Start, database: Any, tmp_path: Path) -> None:
    (tmp_path / "away").write_text("not a folder")
    url = f"spool://{tmp_path}/away/broker"
    worker = start(url=url)
    await worker.says("broker_away")
    (tmp_path / "away").unlink()
    await worker.says("ready")
    await tell(url, received("m1"))
    await until(heard(database, 1))


async def test_a_worker_outlives_a_broker_that_is_killed(
    rabbitmq: RabbitMq, documents_url: str, database_name: str, database: Any, service: str
) -> None:
    worker = Worker(rabbitmq.url, documents_url, database_name, service, "0.2,0.2")
    try:
        await worker.says("ready")
        await tell(rabbitmq.url, *(received(f"slow {number}") for number in range(3)))
        rabbitmq.stop()
        await worker.says("broker_away")
        await asyncio.to_thread(rabbitmq.start)
        facts = [received(f"m{number}") for number in range(20)]
        await tell(rabbitmq.url, *facts)
        await until(heard(database, 23), 40)
        told = await database.heard.find({}).to_list(100)
        assert {each["event"] for each in told} >= {each["id"] for each in facts}
    finally:
        worker.kill()


async def test_while_the_database_is_away_nothing_is_acknowledged(
    broker: str, start: Start, tmp_path: Path, service: str
) -> None:
    from deploy.local.standins import documents_url as url_of
    from deploy.local.standins import start_documents

    documents = await asyncio.to_thread(start_documents, tmp_path)
    worker = Worker(broker, url_of(documents.port), "own", service, "0.2,0.2")
    try:
        await worker.says("ready")
        documents.process.kill()
        documents.process.wait()
        await tell(broker, received("m1"), received("m2"))
        await asyncio.sleep(0.5)
        documents = await asyncio.to_thread(start_documents, tmp_path, documents.port)
        database = connect(url_of(documents.port), "own")
        await until(heard(database, 2), 60)
        database.client.close()
    finally:
        worker.kill()
        documents.stop()


async def test_one_trace_spans_publishing_and_handling(
    broker: str, documents_url: str, database_name: str, database: Any, service: str, tmp_path: Path
) -> None:
    os.environ["WORKSPACE_TRACE_FILE"] = str(tmp_path / "traces.jsonl")
    try:
        worker = Worker(broker, documents_url, database_name, service, "0.2")
    finally:
        del os.environ["WORKSPACE_TRACE_FILE"]
    try:
        await worker.says("ready")
        trace = "0af7651916cd43dd8448eb211c80319c"
        value = json.loads(received("m1")["body"])
        value["traceparent"] = f"00-{trace}-b7ad6b7169203331-01"
        await tell(broker, body=json.dumps(value))
        await until(heard(database, 1))

        async def written() -> bool:
            file = tmp_path / "traces.jsonl"
            lines = file.read_text().splitlines() if file.exists() else []
            spans = [json.loads(line) for line in lines]
            return any(
                span["name"] == f"{service}.record message_received" and trace in span["context"]["trace_id"]
                for span in spans
            )

        await until(written)
    finally:
        worker.kill()


def test_exchanges_are_the_owners_names() -> None:
    assert events_exchange("mail") == Exchange("mail.events", "topic")
