"""A process that dies in a transaction: the others end it, and write what it had closed to them."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.documents import DocumentsPart, QueryRecorder, connect, scans, transaction
from chassis.documents.connect import close
from chassis.documents.sessions import COLLECTION, OpenSessions
from chassis.errors import Conflict

# Begins a transaction that writes to one document, says so, and never ends it.
DYING = """
import asyncio, sys
from chassis.documents import DocumentsPart, connect, transaction

async def hang(database, session):
    await database.box.update_one({"_id": "a"}, {"$set": {"by": "the dead"}}, session=session)
    print("open", flush=True)
    await asyncio.sleep(60)

async def main():
    database = connect(sys.argv[1], sys.argv[2])
    await DocumentsPart(database).start()
    await transaction(database, lambda session: hang(database, session))

asyncio.run(main())
"""


@pytest.fixture
async def database(documents_url: str, database_name: str) -> AsyncIterator[Any]:
    database = connect(documents_url, database_name)
    yield database
    await close(database)


async def write(database: Any, by: str) -> None:
    async def act(session: Any) -> None:
        await database.box.update_one({"_id": "a"}, {"$set": {"by": by}}, session=session)

    await transaction(database, act)


async def wrote(database: Any, by: str) -> bool:
    try:
        await write(database, by)
    except Conflict:
        return False
    return True


async def test_a_document_that_a_killed_process_had_open_is_written_soon(
    database: Any, documents_url: str, database_name: str
) -> None:
    await database.box.insert_one({"_id": "a", "by": "nobody"})
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING, documents_url, database_name, stdout=asyncio.subprocess.PIPE
    )
    assert dying.stdout is not None
    assert await asyncio.wait_for(dying.stdout.readline(), 30) == b"open\n"
    dying.send_signal(signal.SIGKILL)
    await dying.wait()
    part = DocumentsPart(database)
    await part.start()
    async with asyncio.timeout(20):
        # Whoever finds it closed for longer than forty tries is told so, and comes again, as senders of letters do.
        while not await wrote(database, "the living"):
            pass
    assert (await database.box.find_one({"_id": "a"}))["by"] == "the living"
    await part.stop()


async def test_a_process_taken_for_dead_does_its_transaction_again(database: Any) -> None:
    await database.box.insert_one({"_id": "a", "n": 0})
    slow = OpenSessions(database, life=-1)
    await slow.start()
    tries = 0

    async def count(session: Any) -> None:
        nonlocal tries
        tries += 1
        await database.box.update_one({"_id": "a"}, {"$inc": {"n": 1}}, session=session)
        if tries == 1:
            await OpenSessions(database).bury()  # its session is killed between two statements
        await database.box.update_one({"_id": "a"}, {"$inc": {"n": 1}}, session=session)

    await transaction(database, count)
    assert tries == 2
    assert (await database.box.find_one({"_id": "a"}))["n"] == 2
    await slow.stop()


async def test_sessions_are_told_once_and_forgotten_in_the_end(database: Any, documents_url: str) -> None:
    recorder = QueryRecorder()
    own = connect(documents_url, database.name, listeners=[recorder])
    await database.box.insert_one({"_id": "a"})
    part = DocumentsPart(own)
    await part.start()
    for number in range(5):
        await write(own, str(number))
    (told,) = await database[COLLECTION].find({}).to_list(None)
    assert len(told["sessions"]) == 1
    assert await scans(own, recorder) == []
    await part.stop()
    assert await database[COLLECTION].count_documents({}) == 0


async def test_a_dead_process_that_had_no_session_ends_nobody_elses(database: Any) -> None:
    await database.box.insert_one({"_id": "a", "by": "nobody"})
    await database[COLLECTION].insert_one({"_id": "dead", "until": datetime.fromtimestamp(0, UTC), "sessions": []})
    tries = 0

    async def act(session: Any) -> None:
        nonlocal tries
        tries += 1
        await database.box.update_one({"_id": "a"}, {"$set": {"by": "the living"}}, session=session)
        await OpenSessions(database).bury()

    await transaction(database, act)
    assert tries == 1
    assert await database[COLLECTION].count_documents({}) == 0
