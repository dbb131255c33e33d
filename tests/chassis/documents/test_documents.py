"""The database layer on the embedded document database: transactions, indexes, and the proof by explain."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chassis.documents import Index, QueryRecorder, connect, ensure_indexes, scans, transaction
from chassis.documents.connect import close

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def database(documents_url: str, database_name: str) -> AsyncIterator[Any]:
    database = connect(documents_url, database_name)
    yield database
    await close(database)


async def test_a_transaction_that_raises_leaves_nothing(database: Any) -> None:
    await database.box.insert_one({"_id": "a", "n": 1})

    async def fail(session: Any) -> None:
        await database.box.update_one({"_id": "a"}, {"$set": {"n": 2}}, session=session)
        raise KeyError("no")

    with pytest.raises(KeyError):
        await transaction(database, fail)
    assert (await database.box.find_one({"_id": "a"}))["n"] == 1


async def test_numbers_allocated_in_concurrent_transactions_are_each_used_once(database: Any) -> None:
    await database.counter.insert_one({"_id": "uid", "n": 0})

    async def allocate(session: Any) -> int:
        await database.counter.update_one({"_id": "uid"}, {"$inc": {"n": 1}}, session=session)
        number = (await database.counter.find_one({"_id": "uid"}, session=session))["n"]
        await database.used.insert_one({"_id": number}, session=session)
        return int(number)

    numbers = await asyncio.gather(*(transaction(database, allocate) for _ in range(30)))
    assert sorted(numbers) == list(range(1, 31))


async def test_explain_tells_a_scan_from_an_indexed_query(documents_url: str, database_name: str) -> None:
    recorder = QueryRecorder()
    database = connect(documents_url, database_name, listeners=[recorder])
    await ensure_indexes(database, [Index("box", (("owner", 1), ("uid", 1)), unique=True)])
    await database.box.insert_many([{"owner": "o", "uid": n, "text": "x"} for n in range(20)])
    await database.box.find({"owner": "o", "uid": {"$gt": 3}}).to_list(None)
    await database.box.update_one({"owner": "o", "uid": 3}, {"$set": {"text": "y"}})
    assert await scans(database, recorder) == []
    await database.box.find({"text": "x"}).to_list(None)
    assert await scans(database, recorder) == ["box {'text': '?'}"]
    await close(database)


def test_nothing_is_asked_by_what_reads_a_whole_collection() -> None:
    """The embedded database finds no index for `find_one_and_*`: a calendar's PUT took a second among 20,000."""
    code = [path for part in ("chassis", "services", "gateway") for path in (ROOT / part).rglob("*.py")]
    assert len(code) > 100
    assert [str(path) for path in code if ".find_one_and_" in path.read_text(encoding="utf-8")] == []
