"""70,000 accounts in 40 ministries: imported with flat memory, found in one query, logged in at argon2id's price.

Directory's use cases on a document database of their own, in this process: what the facts of an import cost the broker
and the other services is not in it.
"""

import asyncio
import csv
import io
import os
import tempfile
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psutil
from argon2 import PasswordHasher as Argon2

from chassis.documents import Database, QueryRecorder, connect, ensure_indexes
from chassis.documents.connect import close
from chassis.identity import ALGORITHM, TokenVerifier, acting_as
from cli.sample import rows
from deploy.local.standins import documents_url, start_documents
from services.directory import bootstrap
from services.directory.domain.jobs import DONE, IMPORT, Job
from services.directory.hashing import ITERATIONS, LANES, MEMORY_KIB, PasswordHasher
from services.directory.settings import Settings
from services.directory.store import INDEXES
from services.directory.usecases.context import Directory
from services.directory.usecases.create_first_administrator import create_first_administrator
from services.directory.usecases.create_job import create_job
from services.directory.usecases.create_session import create_session
from services.directory.usecases.run_jobs import CHUNK, JobRunner
from tests.load.report import milliseconds, resident, table

ACCOUNTS, MINISTRIES = int(os.environ.get("WORKSPACE_LOAD_ACCOUNTS", "70000")), 40
SECRET, ADDRESS, PASSWORD = "secret of the benchmark", "admin@gouv.tg", "correct horse battery"
REMOTE = "10.1.1.1"
BARE, LOOKUPS, LOGINS, VERIFICATIONS = 5_000, 500, 200, 5_000
# Who log in at the same time, and how often each of them, in a turn.
PEOPLE, EACH = 8, 5
MIB = 1024 * 1024


def _wired(database: Database) -> Directory:
    settings = Settings(service_keys=f"k1:{'A' * 43}=", first_administrator_secret=SECRET)
    return bootstrap.wire(settings, database)


async def _roster() -> AsyncIterator[bytes]:
    """The file in pieces: as a whole it would be in the memory that is measured."""
    text = io.StringIO()
    write = csv.writer(text, delimiter=";").writerow
    for row in rows(ACCOUNTS, MINISTRIES):
        write(row)
        if text.tell() > 64 * 1024:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


async def _imported(directory: Directory) -> tuple[float, list[int]]:
    """Seconds of the import, and this process' memory before, at the upload and at each tenth of it."""
    process = psutil.Process()
    memory = [resident(process)]
    job = await create_job(directory, IMPORT, "agents.csv", _roster(), run=True)
    memory.append(resident(process))
    progress = directory.jobs.progress
    began = time.perf_counter()

    async def noted(of: Job, *chunk: object) -> bool:
        if of.done // CHUNK % max(1, ACCOUNTS // CHUNK // 10) == 0:
            memory.append(resident(process))
        return await progress(of, *chunk)  # type: ignore[arg-type]

    directory.jobs.progress = noted  # type: ignore[method-assign]
    await JobRunner(directory).run()
    seconds = time.perf_counter() - began
    ended = await directory.jobs.find(job.id)
    if ended is None or ended.state != DONE or ended.outcomes.get("created") != ACCOUNTS:
        raise RuntimeError(f"the import ended as {ended}")
    return seconds, memory


async def _bare_inserts(database: Database) -> float:
    """Documents a second: those of the accounts themselves with their facts, the same indexes, the same batches."""
    own = [replace(index, collection="bare") for index in INDEXES if index.collection == "accounts"]
    await ensure_indexes(database, own)
    found = await database["accounts"].find({"staff_number": {"$gt": ""}}).limit(BARE).to_list(BARE)
    began = time.perf_counter()
    for first in range(0, len(found), CHUNK):
        await database["bare"].insert_many(found[first : first + CHUNK], ordered=False)
    return len(found) / (time.perf_counter() - began)


async def _lookups(directory: Directory, recorder: QueryRecorder) -> tuple[float, float]:
    """Queries and seconds a lookup by address."""
    addresses = [row[0] for row in rows(min(LOOKUPS, ACCOUNTS), MINISTRIES)][1:]
    await directory.tree.refresh()
    began, queries = time.perf_counter(), 0
    for address in addresses:
        asked = recorder.count
        if await directory.accounts.by_address(address) is None:
            raise RuntimeError(f"{address} was not imported")
        queries += recorder.count - asked
    return queries / len(addresses), (time.perf_counter() - began) / len(addresses)


async def _logins(directory: Directory, recorder: QueryRecorder) -> tuple[float, float, float]:
    """Logins a second of this process' CPU from where the account is at home, what argon2id alone allows, and queries
    a login. They take turns: a machine that others use does not stay as fast as it was."""
    await create_session(directory, ADDRESS, PASSWORD, REMOTE)
    alone = Argon2(time_cost=ITERATIONS, memory_cost=MEMORY_KIB, parallelism=LANES)
    encoded = alone.hash(PASSWORD)
    ours = argon2 = 0.0
    asked = recorder.count
    for _ in range(LOGINS):
        began = time.process_time()
        await create_session(directory, ADDRESS, PASSWORD, REMOTE)
        between = time.process_time()
        alone.verify(encoded, PASSWORD)
        ours, argon2 = ours + between - began, argon2 + time.process_time() - between
    return LOGINS / ours, LOGINS / argon2, (recorder.count - asked) / LOGINS


async def _logins_at_once(database: Database, directory: Directory) -> tuple[float, float]:
    """Logins a second of several people while argon2id has one core, and what argon2id alone does on that core.

    What a login costs beside argon2id is then done on the other core. They take turns.
    """
    (own,) = await database["accounts"].find({"address": ADDRESS}, {"credential": 1}).to_list(1)
    people = [row[0] for row in rows(PEOPLE, MINISTRIES)][1:]
    await database["accounts"].update_many({"address": {"$in": people}}, {"$set": {"credential": own["credential"]}})
    alone = Argon2(time_cost=ITERATIONS, memory_cost=MEMORY_KIB, parallelism=LANES)
    encoded, loop = alone.hash(PASSWORD), asyncio.get_running_loop()
    directory = replace(directory, hasher=PasswordHasher(threads=1, queue=PEOPLE))

    async def log_in(address: str, times: int) -> None:
        for _ in range(times):
            await create_session(directory, address, PASSWORD, REMOTE)

    async def all_log_in(times: int) -> None:
        await asyncio.gather(*(log_in(address, times) for address in people))

    await all_log_in(1)
    ours, argon2, turns = 0.0, 0.0, LOGINS // (PEOPLE * EACH)
    with ThreadPoolExecutor(1) as core:
        for _ in range(turns):
            began = time.perf_counter()
            await all_log_in(EACH)
            between = time.perf_counter()
            waiting = (loop.run_in_executor(core, alone.verify, encoded, PASSWORD) for _ in range(PEOPLE * EACH))
            await asyncio.gather(*waiting)
            ours, argon2 = ours + between - began, argon2 + time.perf_counter() - between
    directory.hasher.close()
    done = turns * PEOPLE * EACH
    return done / ours, done / argon2


async def _verifications(directory: Directory, token: str) -> tuple[float, int]:
    """Seconds of CPU a token, as the gateway verifies it, and how often directory's keys were asked for."""
    asked = 0

    async def keys() -> list[dict[str, str]]:
        nonlocal asked
        asked += 1
        found = await directory.keys.all()
        return [{"kid": key.kid, "kty": "OKP", "crv": "Ed25519", "x": key.x, "alg": ALGORITHM} for key in found]

    verifier = TokenVerifier(keys)
    began = time.process_time()
    for _ in range(VERIFICATIONS):
        await verifier.verify(token)
    return (time.process_time() - began) / VERIFICATIONS, asked


async def _measured(url: str) -> None:
    recorder = QueryRecorder()
    database = connect(url, "load_accounts", listeners=[recorder])
    await ensure_indexes(database, INDEXES)
    directory = _wired(database)
    await directory.keys.turn(directory.clock())
    await create_first_administrator(directory, SECRET, ADDRESS, PASSWORD, "Administrateur")

    async def keys() -> list[dict[str, str]]:
        return [{"kid": key.kid, "kty": "OKP", "crv": "Ed25519", "x": key.x} for key in await directory.keys.all()]

    token = (await create_session(directory, ADDRESS, PASSWORD, "")).access_token
    with acting_as(await TokenVerifier(keys).verify(token)):
        seconds, memory = await _imported(directory)
    bare = await _bare_inserts(database)
    queries, lookup = await _lookups(directory, recorder)
    logins, alone, login_queries = await _logins(directory, recorder)
    at_once, alone_at_once = await _logins_at_once(database, directory)
    verification, asked = await _verifications(directory, token)
    directory.hasher.close()
    await close(database)
    rate = ACCOUNTS / seconds
    half = memory[len(memory) // 2 :]
    table(
        f"{ACCOUNTS} accounts in {MINISTRIES} ministries by the CSV import, {datetime.now():%Y-%m-%d}",  # noqa: DTZ005
        [
            ("rows a second", f"{rate:.0f}", f"ratio {rate / bare:.2f} of bare inserts ({bare:.0f}/s)"),
            ("memory grown by the upload", f"{(memory[1] - memory[0]) / MIB:.0f} MiB", "the whole file is read once"),
            (
                "memory grown by the run",
                f"{(max(memory) - memory[1]) / MIB:.0f} MiB",
                f"{(max(half) - min(half)) / MIB:.0f} MiB in its second half",
            ),
            ("lookup by address", milliseconds(lookup), f"{queries:.2f} queries"),
            (
                "logins a second of CPU",
                f"{logins:.1f}",
                f"ratio {logins / alone:.2f} of argon2id alone ({alone:.1f}), {login_queries:.0f} queries",
            ),
            (
                f"logins a second of {PEOPLE} people",
                f"{at_once:.1f}",
                f"ratio {at_once / alone_at_once:.2f} of argon2id alone on its one core ({alone_at_once:.1f})",
            ),
            ("token verification", f"{verification * 1e6:.1f} µs", f"{asked} call for {VERIFICATIONS} tokens"),
        ],
    )


def run() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        standin = start_documents(Path(folder))
        try:
            asyncio.run(_measured(documents_url(standin.port)))
        finally:
            standin.stop()
