"""Signing keys as documents; the private halves are sealed before they come here."""

from dataclasses import asdict
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from services.directory.domain.keys import SigningKey


class KeyStore:
    """The collection `keys`, or that of another kind of key."""

    def __init__(self, database: Database, collection: str = "keys") -> None:
        self._keys = database[collection]

    async def insert(self, key: SigningKey) -> bool:
        """Keep a key; False when its period has one, made by another process at the same time."""
        document = asdict(key)
        try:
            await self._keys.insert_one({"_id": document.pop("kid"), **document})
        except DuplicateKeyError:
            return False
        return True

    async def all(self) -> list[SigningKey]:
        found = self._keys.find({"period": {"$gte": 0}})
        return [
            SigningKey(key["_id"], key["period"], key["x"], key["sealed"], key["created_at"], key.get("retired_at"))
            async for key in found
        ]

    async def retire(self, kid: str, now: datetime) -> None:
        """From now on it signs nothing: its private half is gone."""
        await self._keys.update_one({"_id": kid}, {"$set": {"sealed": "", "retired_at": now}})

    async def delete(self, kid: str) -> None:
        await self._keys.delete_one({"_id": kid})
