"""What the service's database keeps of each blob, one small document under its address."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import ConnectionFailure, DuplicateKeyError, PyMongoError

from chassis.blobs.keys import KeyRing
from chassis.documents import Index
from chassis.errors import Unavailable

# Whoever has just written the same bytes names them within this time.
_NAMING = timedelta(minutes=10)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def blob_indexes(collection: str = "blobs") -> tuple[Index, ...]:
    """Indexes of the collection of records: by last use and by object for the sweep, by key for rotation."""
    return (
        Index(collection, (("touched", 1),)),
        Index(collection, (("object", 1),), sparse=True),
        Index(collection, (("key_id", 1),), sparse=True),
    )


@dataclass(frozen=True)
class Record:
    """A blob's record. `object` is its name in the bucket, which differs at each writing of the same bytes."""

    address: str
    size: int
    object: str
    key_id: str
    wrapped_key: bytes
    touched: datetime

    @property
    def bound_to(self) -> bytes:
        """What the wrapped key vouches for."""
        return f"{self.address} {self.size} {self.object}".encode()

    @classmethod
    def sealed(cls, keys: KeyRing, data_key: bytes, address: str, size: int, name: str) -> "Record":
        bare = cls(address, size, name, keys.sealing_id, b"", now())
        return cls(address, size, name, bare.key_id, keys.wrap(data_key, bare.bound_to), bare.touched)

    def data_key(self, keys: KeyRing) -> bytes:
        return keys.unwrap(self.key_id, self.wrapped_key, self.bound_to)


def now() -> datetime:
    """As the database keeps times: whole milliseconds."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def record_of(document: dict[str, Any]) -> Record:
    return Record(
        address=document["_id"],
        size=document["size"],
        object=document["object"],
        key_id=document["key_id"],
        wrapped_key=bytes(document["key"]),
        touched=document["touched"],
    )


class Records:
    """The collection. Every failure of the database is `Unavailable`."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def find(self, address: str) -> Record | None:
        try:
            document = await self._collection.find_one({"_id": address})
        except ConnectionFailure as error:
            raise Unavailable(f"database: {error}") from error
        return record_of(document) if document else None

    async def touch(self, address: str) -> bool:
        """Note that a blob is in use now; false when there is no such blob."""
        try:
            result = await self._collection.update_one({"_id": address}, {"$set": {"touched": now()}})
        except ConnectionFailure as error:
            raise Unavailable(f"database: {error}") from error
        return bool(result.matched_count)

    async def release(self, address: str) -> None:
        """Let the next sweep look at a blob, unless it has been used just now."""
        before = {"_id": address, "touched": {"$lt": now() - _NAMING}}
        try:
            await self._collection.update_one(before, {"$set": {"touched": _LONG_AGO}})
        except ConnectionFailure as error:
            raise Unavailable(f"database: {error}") from error

    async def add(self, record: Record) -> bool:
        """Keep a record; false when somebody wrote the same bytes meanwhile."""
        document = {
            "_id": record.address,
            "size": record.size,
            "object": record.object,
            "key_id": record.key_id,
            "key": record.wrapped_key,
            "touched": record.touched,
        }
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError:
            return False
        except PyMongoError as error:
            raise Unavailable(f"database: {error}") from error
        return True
