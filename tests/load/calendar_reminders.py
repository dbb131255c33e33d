"""Reminders that are all due in the same minute, as one worker tells of them, with the publishing of each."""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from pydantic import SecretStr

from chassis.documents import connect, ensure_indexes
from chassis.documents.connect import close
from chassis.events import Dispatcher
from deploy.local.standins import StandIn, documents_url, start_documents
from services.calendar import bootstrap
from services.calendar.domain.objects import read_object
from services.calendar.settings import Settings
from services.calendar.store import WITH_FACTS
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.keep_object import alarm_of, computed
from services.calendar.usecases.remind import remind
from tests.calendar.office import Clock, Office, event
from tests.load.calendar_ours import NO_FILES
from tests.load.peers import tree_cpu
from tests.load.report import milliseconds, table

REMINDERS = int(os.environ.get("WORKSPACE_LOAD_REMINDERS", "10000"))
OWNERS = 100
SHARDS = 4
# All begin at nine; a quarter of an hour before, it is time.
START, END, DUE = "20261130T090000Z", "20261130T100000Z", datetime(2026, 11, 30, 8, 45, tzinfo=UTC)
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel", "END:VALARM")


async def _fill(agenda: Agenda, office: Office, number: int) -> None:
    """One owner's share, in one transaction."""
    who = await office.agent(f"agent{number}")
    made = await create_calendar(agenda, who, who.account_id, Wanted("rappels"))
    texts = [event(f"{number}-{each}", START, END, "Réunion", *ALARM) for each in range(REMINDERS // OWNERS)]

    async def act(calendar: object, session: object) -> None:
        for name, text in enumerate(texts):
            stored = computed(agenda, made.calendar, f"{name}.ics", read_object(text), None)
            await agenda.objects.put(stored, session, alarm=alarm_of(agenda, made.calendar, stored))

    await agenda.calendars.changing(made.calendar.id, act, len(texts), sum(map(len, texts)))


async def _measured(standin: StandIn, broker: str) -> None:
    database = connect(documents_url(standin.port), "load_reminders")
    await ensure_indexes(database, bootstrap.ALL_INDEXES)
    clock = Clock()
    wired = bootstrap.wire(Settings(service_keys=SecretStr(NO_FILES)), clock, database)
    office = Office(wired.agenda, database, wired.people, clock)
    dispatcher = Dispatcher("calendar", database, broker, WITH_FACTS)
    for number in range(OWNERS):
        await _fill(wired.agenda, office, number)
    await dispatcher.sweep()
    clock.now = DUE + timedelta(seconds=1)
    processes = [psutil.Process(), psutil.Process(standin.process.pid)]
    began, spent = time.perf_counter(), tree_cpu(processes)
    told = sum([await remind(wired.agenda, shard) for shard in range(SHARDS)])
    between = time.perf_counter()
    published = await dispatcher.sweep()
    ended, spent = time.perf_counter(), tree_cpu(processes) - spent
    again = sum([await remind(wired.agenda, shard) for shard in range(SHARDS)])
    await dispatcher.stop()
    await close(database)
    seconds = ended - began
    table(
        f"{told:,} reminders due in the same minute, on one worker (goal: 10,000 within it)",
        [
            ("found and kept", f"{between - began:.1f} s", milliseconds((between - began) / max(1, told)) + " each"),
            ("published", f"{ended - between:.1f} s", f"{published:,} facts"),
            ("in all", f"{seconds:.1f} s", f"{milliseconds(spent / max(1, told))} of CPU each, the database's in it"),
            ("the limit", f"{told / seconds * 60:,.0f} a minute", f"{again} told again (goal 0)"),
        ],
    )


def run() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        standin = start_documents(Path(folder) / "documents")
        try:
            asyncio.run(_measured(standin, f"spool://{folder}/broker"))
        finally:
            standin.stop()
