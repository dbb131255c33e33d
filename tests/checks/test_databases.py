"""Databases that tests have one after another: each finds its own as if it were new."""

from typing import Any

from chassis.documents import Index, connect
from chassis.documents.connect import close
from tests.databases import Databases

INDEXES = (Index("letters", (("owner", 1),)),)


async def used(databases: Databases, use: Any) -> str:
    """The database that a test had which did this."""
    async with databases.lent("a service of this test", INDEXES) as name:
        database = connect(databases.url, name)
        assert await database["letters"].count_documents({}) == 0
        assert set(await database["letters"].index_information()) == {"_id_", "owner_1"}
        await use(database)
        await close(database)
    return name


async def test_what_a_test_wrote_is_gone_for_the_next(databases: Databases) -> None:
    async def write(database: Any) -> None:
        await database["letters"].insert_one({"owner": "a"})
        await database["letters"].update_one({"owner": "b"}, {"$set": {"read": True}}, upsert=True)
        await database["others"].insert_one({})

    async def look(database: Any) -> None:
        assert await database["others"].count_documents({}) == 0

    assert await used(databases, write) == await used(databases, look)


async def test_whose_indexes_or_collections_changed_is_lent_no_more(databases: Databases) -> None:
    async def nothing(_database: Any) -> None: ...

    async def index(database: Any) -> None:
        await database["letters"].create_index("sender")

    async def unindex(database: Any) -> None:
        await database["letters"].drop_index("owner_1")

    async def drop(database: Any) -> None:
        await database["letters"].drop()

    async def pour(database: Any) -> None:
        await database["letters"].aggregate([{"$match": {}}, {"$out": "poured"}]).to_list(None)

    for change in (index, unindex, drop, pour):
        assert await used(databases, change) != await used(databases, nothing)


async def test_what_is_written_when_nobody_has_it_is_seen_by_nobody(databases: Databases) -> None:
    late: list[Any] = []

    async def leave_open(database: Any) -> None:
        late.append(connect(databases.url, database.name))

    async def nothing(_database: Any) -> None: ...

    name = await used(databases, leave_open)
    await late[0]["letters"].insert_one({"owner": "a"})
    await close(late[0])
    assert await used(databases, nothing) != name


async def test_a_transaction_left_open_reaches_no_other_test(databases: Databases) -> None:
    left: list[Any] = []

    async def begin(database: Any) -> None:
        client = connect(databases.url, database.name).client
        session = await client.start_session()
        session.start_transaction()
        await client[database.name]["letters"].insert_one({"owner": "a"}, session=session)
        left.append((client, session))

    async def look(database: Any) -> None:
        client, session = left[0]
        await session.commit_transaction()
        assert await database["letters"].count_documents({}) == 0
        client.close()

    await used(databases, begin)
    await used(databases, look)


async def test_a_transaction_that_ended_is_emptied_like_any_write(databases: Databases) -> None:
    async def commit(database: Any) -> None:
        async with await database.client.start_session() as session, session.start_transaction():
            await database["letters"].insert_one({"owner": "a"}, session=session)

    async def abort(database: Any) -> None:
        async with await database.client.start_session() as session:
            session.start_transaction()
            await database["letters"].insert_one({"owner": "a"}, session=session)
            await session.abort_transaction()

    async def nothing(_database: Any) -> None: ...

    name = await used(databases, commit)
    assert await used(databases, abort) == name
    assert await used(databases, nothing) == name
