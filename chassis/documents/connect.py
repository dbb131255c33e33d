"""Which driver a process uses, decided in one place.

Motor in asyncio processes; PyMongo's asyncio client in workers, where motor's thread pool cannot switch greenlets.
Stores use only what both share: find, insert, update, delete, bulk_write, count_documents, create_index. Not
find_one_and_update, for which the embedded database reads the whole collection: update, then find, in a transaction.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from bson.codec_options import CodecOptions
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener

from chassis.blocking import in_worker
from chassis.documents.counting import OperationsCounter
from chassis.documents.indexes import Index, ensure_indexes
from chassis.documents.sessions import INDEXES, OpenSessions
from chassis.errors import Unavailable
from chassis.part import Part

# AsyncIOMotorDatabase or AsyncDatabase: their shared part has no type of its own.
Database: TypeAlias = Any

_OPTIONS: dict[str, Any] = {
    "w": "majority",
    "journal": True,
    "serverSelectionTimeoutMS": 5000,
    "connectTimeoutMS": 5000,
    "timeoutMS": 20000,
    "maxPoolSize": 50,
}


def _client_class() -> Callable[..., Any]:
    if in_worker():
        from pymongo import AsyncMongoClient

        return AsyncMongoClient
    from motor.motor_asyncio import AsyncIOMotorClient

    return AsyncIOMotorClient


def connect(url: str, database: str, *, listeners: Sequence[CommandListener] = ()) -> Database:
    """The database of that name; times are aware (UTC). Connecting happens at first use."""
    client = _client_class()(url, event_listeners=[OperationsCounter(), *listeners], **_OPTIONS)
    return client.get_database(database, codec_options=CodecOptions(tz_aware=True))


async def close(database: Database) -> None:
    """Close the client of a database."""
    closing = database.client.close()
    if closing is not None:  # PyMongo's is a coroutine, motor's is not
        await closing


class DocumentsPart(Part):
    """The database within a process: indexes at start, readiness by ping, closed at the end. What a process that died
    had begun is ended by those that live."""

    name = "documents"

    def __init__(self, database: Database, indexes: Sequence[Index] = ()) -> None:
        self._database = database
        self._indexes = (*indexes, *INDEXES)
        self._sessions = OpenSessions(database)

    async def start(self) -> None:
        try:
            await ensure_indexes(self._database, self._indexes)
            await self._sessions.start()
        except PyMongoError as error:
            raise Unavailable(f"database: {error}") from error

    async def ready(self) -> bool:
        try:
            await self._database.command("ping")
        except PyMongoError:
            return False
        return True

    async def stop(self) -> None:
        await self._sessions.stop()
        await close(self._database)
