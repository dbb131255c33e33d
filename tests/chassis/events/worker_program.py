"""A worker as `chassis.launch` makes one, hearing what a test tells it: run by tests as a process of its own.

Arguments: broker URL, document database URL, database name, seconds until each next try (comma separated). It writes
what it heard into the collection `heard`. An event whose subject begins with "poison" fails as long as the collection
`moods` has a document `_id: "angry"`; one whose subject begins with "slow" takes a second.
"""

# ruff: noqa: E402 - eventlet comes first, as in every worker

import asyncio
import os
import sys

os.environ["EVENTLET_HUB"] = "asyncio"
import eventlet

eventlet.monkey_patch()

from eventlet.asyncio import spawn_for_awaitable
from workspace.directory.v1.events_pb2 import AccountChanged, AccountCreated, UnitChanged
from workspace.mail.v1.events_pb2 import MessageReceived

from chassis.documents import DocumentsPart, connect
from chassis.events import INDEXES, Dispatcher, Envelope, Fact, Listener, WorkerPart, announces, every, fact, hears
from chassis.lifecycle import Process
from chassis.people import INDEXES as PEOPLE_INDEXES
from chassis.people import People, PeopleListener
from chassis.settings import ServiceSettings
from chassis.telemetry import setup


class TestEvents(Listener):
    """Hears of messages, counts rounds, and knows two hundred units."""

    def __init__(self, service: str, database: object) -> None:
        self.name = service
        self._database = database

    @hears(MessageReceived)
    async def record(self, received: MessageReceived, envelope: Envelope) -> None:
        database = self._database
        if envelope.subject.startswith("poison") and await database.moods.find_one({"_id": "angry"}):
            raise ValueError(f"cannot digest {envelope.subject}")
        if envelope.subject.startswith("slow"):
            await asyncio.sleep(1)
        await database.heard.insert_one(
            {"event": envelope.id, "subject": envelope.subject, "actor": envelope.actor, "pid": os.getpid()}
        )

    @hears(UnitChanged, announced=True, idempotent=True)
    async def units(self, changed: UnitChanged, envelope: Envelope) -> None:
        await self._database.units.update_one({"_id": changed.unit_id}, {"$inc": {"told": 1}}, upsert=True)

    @every(0.25)
    async def tick(self) -> None:
        await self._database.ticks.insert_one({"pid": os.getpid()})


class Owner(Listener):
    """Directory, as far as announcing goes."""

    name = "directory"

    @announces(UnitChanged)
    async def present(self, after: str, limit: int) -> tuple[list[Fact], str]:
        first = int(after or 0)
        names = range(first, min(first + 50, 200))
        facts = [fact(UnitChanged(unit_id=f"unit{number}"), subject=f"unit{number}", version=1) for number in names]
        return facts, str(first + 50) if first + 50 < 200 else ""

    @announces(AccountCreated, AccountChanged)
    async def accounts(self, after: str, limit: int) -> tuple[list[Fact], str]:
        message = AccountCreated(account={"account_id": "a1", "address": "agent1@numerique.gouv.tg"})
        return [fact(message, subject="a1", version=1)], ""


async def live() -> None:
    broker, documents, name, service, schedule = sys.argv[1:6]
    database = connect(documents, name)
    listeners = (
        [Owner()]
        if service == "directory"
        else [TestEvents(service, database), PeopleListener(service, People(database))]
    )
    settings = ServiceSettings(drain_seconds=10)
    setup(service, "worker", settings)
    seconds = [float(each) for each in schedule.split(",")]
    await Process(
        settings,
        DocumentsPart(database, [*INDEXES, *PEOPLE_INDEXES]),
        Dispatcher(service, database, broker, ["things"]),
        WorkerPart(broker, database, *listeners, retry_seconds=seconds),
    ).run()


if __name__ == "__main__":
    spawn_for_awaitable(live()).wait()
