"""Reminders that are all due in the same minute: one worker tells of them, as a process of its own, and both sides that
bring them to people hear of it.

Delivered is what left the broker again: a reminder once the live feed has it, by which the gateway pushes to the
sessions of its owner; one that goes by letter also once mail's side has taken its letter from a durable queue. What
mail does with a letter then is measured with all other mail ("smtp").
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from pydantic import SecretStr
from pymongo import MongoClient

from chassis.documents import connect, ensure_indexes
from chassis.documents.connect import close
from chassis.events import Dispatcher, Envelope, Notifications
from chassis.settings import PREFIX
from deploy.local.standins import StandIn, documents_url, free_port, start_documents
from services.calendar import bootstrap
from services.calendar.domain.objects import read_object
from services.calendar.settings import Settings
from services.calendar.store import WITH_FACTS
from services.calendar.store.objects import SHARDS
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.keep_object import alarm_of, computed
from tests import rabbitmq
from tests.calendar.office import Clock, Office, event
from tests.chaos.witness import Witness
from tests.load.calendar_ours import NO_FILES
from tests.load.peers import tree_cpu
from tests.load.report import cpu, milliseconds, table
from tests.running import ready_at

REMINDERS = int(os.environ.get("WORKSPACE_LOAD_REMINDERS", "10000"))
GOAL_SECONDS = 60
OWNERS = 100
# Of so many one goes by letter too.
BY_LETTER = 5
# A minute that the worker finds when it comes up, as after a standstill: it is due all at once.
AGO = timedelta(hours=1)
LONGEST_SECONDS = 180
SETTLING_SECONDS = 5


@dataclass
class Heard:
    """When the live feed had each reminder, how often, and whether it lost anything."""

    at: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    gaps: int = 0

    def __call__(self, envelope: Envelope | None) -> None:
        if envelope is None:
            self.gaps += 1
        elif envelope.type == "reminder_due":
            self.at.setdefault(envelope.subject, time.monotonic())
            self.times[envelope.subject] += 1


def _texts(number: int, due: datetime) -> Iterator[bytes]:
    """What one owner has."""
    start, end = (f"{due + span:%Y%m%dT%H%M%SZ}" for span in (timedelta(minutes=15), timedelta(minutes=75)))
    for each in range(REMINDERS // OWNERS):
        action = "EMAIL" if each % BY_LETTER == 0 else "DISPLAY"
        alarm = ("BEGIN:VALARM", f"ACTION:{action}", "TRIGGER:-PT15M", "DESCRIPTION:Rappel", "END:VALARM")
        yield event(f"{number}-{each}", start, end, "Réunion", *alarm)


async def _fill(agenda: Agenda, office: Office, number: int, due: datetime) -> str:
    """One owner's share, in one transaction; the owner's id."""
    who = await office.agent(f"agent{number}")
    made = await create_calendar(agenda, who, who.account_id, Wanted("rappels"))
    texts = list(_texts(number, due))

    async def act(calendar: object, session: object) -> None:
        for name, text in enumerate(texts):
            stored = computed(agenda, made.calendar, f"{name}.ics", read_object(text), None)
            await agenda.objects.put(stored, session, alarm=alarm_of(agenda, made.calendar, stored))

    await agenda.calendars.changing(made.calendar.id, act, len(texts), sum(map(len, texts)))
    return who.account_id


async def _filled(url: str, broker: str) -> list[str]:
    """Owners of a database in which everything but the reminders is told."""
    database, clock = connect(url, Settings().mongodb_database), Clock()
    due = datetime.now(UTC).replace(second=0, microsecond=0) - AGO
    clock.now = due - timedelta(minutes=1)
    await ensure_indexes(database, bootstrap.ALL_INDEXES)
    wired = bootstrap.wire(Settings(service_keys=SecretStr(NO_FILES)), clock, database)
    office = Office(wired.agenda, database, wired.people, clock)
    owners = [await _fill(wired.agenda, office, number, due) for number in range(OWNERS)]
    telling = Dispatcher("calendar", database, broker, WITH_FACTS)
    await telling.start()
    await telling.drain()
    await telling.stop()
    await close(database)
    return owners


@contextmanager
def _worker(url: str, broker: str, folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    """Calendar's, and where its operations endpoint is."""
    ops = f"127.0.0.1:{free_port()}"
    said = {"mongodb_url": url, "broker_url": broker, "service_keys": NO_FILES, "ops_listen": ops}
    # The worker refuses settings that it does not know, such as this bench's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {PREFIX + name.upper(): value for name, value in said.items()}
    with (folder / "worker.log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "services.calendar", "worker"], env=environment, stdout=log, stderr=log
        )
    try:
        yield psutil.Process(started.pid), ops
        if started.poll() is not None:
            raise RuntimeError((folder / "worker.log").read_text()[-2000:])
    finally:
        started.kill()
        started.wait(20)


async def _measured(standin: StandIn, broker: str, serving: psutil.Process | None, folder: Path) -> None:
    url = documents_url(standin.port)
    owners = await _filled(url, broker)
    heard, live = Heard(), Notifications(broker, ["calendar"])
    await live.start()
    for owner in owners:
        live.listen(owner, heard)
    # All are listened for; what is told of that is no gap.
    await asyncio.sleep(SETTLING_SECONDS)
    heard.gaps = 0
    documents = psutil.Process(standin.process.pid)
    letters = len(owners) * len(range(0, REMINDERS // OWNERS, BY_LETTER))
    with Witness(broker, "letter_requested", source="calendar") as mail:
        began, busy = time.monotonic(), cpu(documents)
        broken = tree_cpu([serving]) if serving else 0.0
        with _worker(url, broker, folder) as (worker, ops):
            up = await _when(lambda: ready_at(ops), began)
            await _when(lambda: len(heard.at) >= REMINDERS and len(mail.heard) >= letters, began)
            ended = max([*heard.at.values(), *mail.heard_at], default=time.monotonic())
            spent = {"the worker": cpu(worker), "the database": cpu(documents) - busy}
            spent |= {"RabbitMQ": tree_cpu([serving]) - broken} if serving else {}
            advanced = await _when(lambda: not _still_due(url), began, every=2)
            # What would come twice comes by then.
            await asyncio.sleep(SETTLING_SECONDS)
    await live.stop()
    seconds = ended - began
    twice = sum(heard.times.values()) - len(heard.times) + len(mail.heard) - len({each["id"] for each in mail.heard})
    lost = REMINDERS - len(heard.at) + letters - len({each["id"] for each in mail.heard})
    rate = (REMINDERS - max(lost, 0)) / seconds * GOAL_SECONDS
    by = "RabbitMQ" if serving else "the embedded broker"
    table(
        f"{REMINDERS:,} reminders due in the same minute, one worker, {by} (goal: all within {GOAL_SECONDS} s)",
        [
            ("the worker is up", f"{up:.1f} s", "from the start of its process; in what follows"),
            ("pushed to live sessions", _spread(heard.at.values(), began), f"{len(heard.at):,} reminders"),
            ("letters taken by mail", _spread(mail.heard_at, began), f"{len(mail.heard):,} letters"),
            ("lost, twice", f"{lost}, {twice}", f"goal 0, 0; the live feed lost track {heard.gaps} times"),
            ("ready for the next", f"after {advanced:.1f} s", "all objects say when they are due next"),
            *(
                (
                    f"CPU of {who}",
                    milliseconds(taken / REMINDERS),
                    f"each, until all are told; {taken / seconds:.0%}",
                )
                for who, taken in spent.items()
            ),
            ("the limit", f"{rate:,.0f} a minute", f"{rate / REMINDERS:.2f} times the goal"),
        ],
    )


def _still_due(url: str) -> bool:
    """Whether an object does not know yet that its owner was reminded."""
    with MongoClient[dict[str, object]](url) as client:
        objects = client[Settings().mongodb_database]["objects"]
        due = {"$lte": int(time.time())}
        return any(objects.find_one({"shard": shard, "alarm": due}, {"_id": 1}) for shard in range(SHARDS))


async def _when(done: Callable[[], bool], began: float, every: float = 0.1) -> float:
    """Seconds until something is so, or it is too late for it."""
    while not await asyncio.to_thread(done) and time.monotonic() - began < LONGEST_SECONDS:
        await asyncio.sleep(every)
    return time.monotonic() - began


def _spread(moments: Iterable[float], began: float) -> str:
    taken = sorted(each - began for each in moments) or [float("nan")]
    return f"{taken[len(taken) // 2]:.1f} s in the middle, all after {taken[-1]:.1f} s"


def run() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        standin = start_documents(folder / "documents")
        try:
            if Path(rabbitmq.SERVER).exists():
                with rabbitmq.started() as server:
                    asyncio.run(_measured(standin, server.url, server.process, folder))
            else:
                asyncio.run(_measured(standin, f"spool://{folder}/broker", None, folder))
        finally:
            standin.stop()
