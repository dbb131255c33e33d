"""When 50 people are busy within a week: the use case on a database of its own, and what it asks of that."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from pydantic import SecretStr
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chassis.documents import connect, ensure_indexes
from chassis.documents.connect import close
from chassis.identity import Identity
from deploy.local.standins import StandIn, documents_url, start_documents
from services.calendar import bootstrap
from services.calendar.settings import Settings
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.free_busy import free_busy
from tests.calendar.office import Office
from tests.load.calendar_objects import objects, weeks
from tests.load.calendar_ours import NO_FILES, put_together
from tests.load.peers import tree_cpu
from tests.load.report import milliseconds, table

# Some twenty meetings a week each.
PEOPLE, EACH = 50, 60
TIMES = 20


@dataclass
class Asked(CommandListener):
    """What a client of the database asked, by what and of what."""

    commands: Counter[str] = field(default_factory=Counter)

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command_name
        if name not in ("find", "aggregate", "getMore"):
            return
        self.commands[f"{name} {event.command['collection' if name == 'getMore' else name]}"] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Only what was asked matters."""

    def failed(self, event: CommandFailedEvent) -> None:
        """As above."""


async def _measured(standin: StandIn) -> None:
    asked = Asked()
    database = connect(documents_url(standin.port), "load_calendar", listeners=[asked])
    await ensure_indexes(database, bootstrap.ALL_INDEXES)
    wired = bootstrap.wire(Settings(service_keys=SecretStr(NO_FILES)), database=database)
    office = Office(wired.agenda, database, wired.people, wired.agenda.now)
    people = [await office.agent(f"agent{number}") for number in range(1, PEOPLE + 1)]
    for who in people:
        await _fill(wired.agenda, who)
    addresses = [who.address for who in people]
    week = weeks(1)[0]
    await free_busy(wired.agenda, people[0], addresses, *week)
    asked.commands.clear()
    processes = [psutil.Process(), psutil.Process(standin.process.pid)]
    times, spent = [], tree_cpu(processes)
    for _ in range(TIMES):
        began = time.perf_counter()
        shown = await free_busy(wired.agenda, people[0], addresses, *week)
        times.append(time.perf_counter() - began)
    spent = (tree_cpu(processes) - spent) / TIMES
    await close(database)
    periods = sum(len(each.periods or ()) for each in shown)
    rows: list[Sequence[object]] = [
        ("in the middle", milliseconds(sorted(times)[TIMES // 2]), ""),
        ("CPU, the database's in it", milliseconds(spent), f"{periods} periods of {len(shown)} people"),
        *((name, f"{count / TIMES:g}", "a time") for name, count in sorted(asked.commands.items())),
    ]
    table(f"Free/busy of {PEOPLE} people over a week, {EACH} objects each (goal: one round trip to the objects)", rows)


async def _fill(agenda: Agenda, who: Identity) -> None:
    made = await create_calendar(agenda, who, who.account_id, Wanted("busy"))
    await put_together(agenda, made.calendar.id, list(objects(EACH, f"{who.account_id}-")))


def run() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        standin = start_documents(Path(folder))
        try:
            asyncio.run(_measured(standin))
        finally:
            standin.stop()
