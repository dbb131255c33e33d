"""When 50 people are busy within a week: the use case on a database of its own, and what it asks of that."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from pydantic import SecretStr

from chassis.documents import connect, ensure_indexes
from chassis.documents.connect import close
from chassis.identity import Identity
from deploy.local.standins import StandIn, documents_url, start_documents
from services.calendar import bootstrap
from services.calendar.settings import Settings
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.free_busy import free_busy
from tests.asked import Asked
from tests.calendar.office import Office
from tests.load.calendar_objects import objects, weeks
from tests.load.calendar_ours import NO_FILES, put_together
from tests.load.report import cpu, milliseconds, table

# Some twenty meetings a week each.
PEOPLE, EACH = 50, 60
TIMES = 20


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
    own, documents = psutil.Process(), psutil.Process(standin.process.pid)
    times, spent, busy = [], cpu(own), cpu(documents)
    for _ in range(TIMES):
        began = time.perf_counter()
        shown = await free_busy(wired.agenda, people[0], addresses, *week)
        times.append(time.perf_counter() - began)
    spent, busy = (cpu(own) - spent) / TIMES, (cpu(documents) - busy) / TIMES
    await close(database)
    periods = sum(len(each.periods or ()) for each in shown)
    rows: list[Sequence[object]] = [
        ("in the middle", milliseconds(sorted(times)[TIMES // 2]), ""),
        ("CPU of calendar's", milliseconds(spent), f"{periods} periods of {len(shown)} people"),
        ("CPU of the database", milliseconds(busy), ""),
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
