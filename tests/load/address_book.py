"""Address search as one types, the use case with its reads of the caller's right: p95 among 1,000 and 70,000."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from chassis.documents import connect, ensure_indexes
from chassis.documents.connect import close
from chassis.identity import Identity, acting_as
from deploy.local.standins import documents_url, start_documents
from services.directory import bootstrap
from services.directory.settings import Settings
from services.directory.store import INDEXES
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import open_session
from services.directory.usecases.search_people import search_people
from tests.load.population import Population, populate
from tests.load.report import milliseconds, resident, table

SMALL, LARGE = 1_000, 70_000
SEARCHES = 1_500
PASSWORD = "correct horse battery"
KEYS = "k1:" + "A" * 43 + "="
CALLERS = 40


@dataclass
class Measured:
    """Seconds of each search, by what was typed, and what the book costs."""

    kinds: dict[str, list[float]]
    read_seconds: float
    memory: int

    def percentile(self, share: float, kind: str = "") -> float:
        times = sorted(self.kinds[kind] if kind else [each for some in self.kinds.values() for each in some])
        return times[min(len(times) - 1, int(len(times) * share))]


@asynccontextmanager
async def administration(count: int, folder: Path) -> AsyncIterator[tuple[Directory, Population, str, str]]:
    """A directory of so many accounts on a database of its own; with the database's URL and name."""
    standin = start_documents(folder)
    url, name = documents_url(standin.port), "directory"
    database = connect(url, name)
    directory = bootstrap.wire(Settings(mongodb_url=url, service_keys=KEYS), database)
    try:
        await ensure_indexes(database, INDEXES)
        yield directory, await populate(directory, count, PASSWORD), url, name
    finally:
        await directory.phonebook.stop()
        directory.hasher.close()
        await close(database)
        standin.stop()


def _typed(population: Population, chance: random.Random) -> Iterator[tuple[str, str]]:
    """What people type, key stroke by key stroke, and what kind of question each is."""
    while True:
        profile = chance.choice(population.accounts).profile
        family, given = profile.family_name, profile.given_name
        for length in range(1, len(family) + 1):
            yield "name, key by key", family[:length]
        yield "two names", f"{given} {family}"
        yield "beginnings", f"{family[:3]} {given[:2]}"
        yield "a letter wrong", _mistyped(family, chance)
        yield "post and unit", f"{profile.title} direction {family[:2]}"
        yield "telephone", profile.phone[:14]


def _mistyped(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, max(2, len(word) - 1))
    return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]


async def _measure(directory: Directory, population: Population) -> Measured:
    chance = random.Random(7)
    before, began = resident(psutil.Process()), time.perf_counter()
    await directory.phonebook.start()
    while not await directory.phonebook.ready():
        await asyncio.sleep(0.05)
    measured = Measured({}, time.perf_counter() - began, resident(psutil.Process()) - before)
    # Agents of several ministries; a session each, as the use case reads it.
    identities = []
    for account in population.accounts[:CALLERS]:
        session = await open_session(directory, account, amr=("pwd",))
        now = datetime.now(UTC)
        identities.append(
            Identity(account.id, account.address, session.id, issued_at=now, expires_at=now + timedelta(hours=1))
        )
    questions = _typed(population, chance)
    for number in range(SEARCHES + 100):
        kind, query = next(questions)
        with acting_as(chance.choice(identities)):
            started = time.perf_counter()
            await search_people(directory, query, "", 0, "")
            if number >= 100:
                measured.kinds.setdefault(kind, []).append(time.perf_counter() - started)
    return measured


async def _of(count: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="wsab") as folder:
        async with administration(count, Path(folder)) as (directory, population, _, _):
            return await _measure(directory, population)


def run() -> None:
    """Print the table."""
    small, large = asyncio.run(_of(SMALL)), asyncio.run(_of(LARGE))
    rows: list[tuple[str, ...]] = [("typed", f"p95 among {SMALL:,}", f"p95 among {LARGE:,}", "ratio")]
    for kind in small.kinds:
        few, many = small.percentile(0.95, kind), large.percentile(0.95, kind)
        rows.append((kind, milliseconds(few), milliseconds(many), f"{many / few:.2f}"))
    few, many = small.percentile(0.95), large.percentile(0.95)
    rows.append(("all of them", milliseconds(few), milliseconds(many), f"{many / few:.2f} (goal 2)"))
    few, many = small.percentile(0.5), large.percentile(0.5)
    rows.append(("half of them within", milliseconds(few), milliseconds(many), f"{many / few:.2f}"))
    rows.append(("reading the book", f"{small.read_seconds:.2f} s", f"{large.read_seconds:.2f} s", ""))
    rows.append(("memory of the book", f"{small.memory >> 20} MiB", f"{large.memory >> 20} MiB", ""))
    table("Address search as one types (search_people)", rows)
