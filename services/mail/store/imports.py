"""Imports, as documents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.errors import NotFound
from services.mail.domain.importing import Import
from services.mail.store.cursors import every
from services.mail.store.ids import key, outside, under

MOST_TOLD = 200


class Imports:
    """Collection `imports`: one document an import, and how much came."""

    def __init__(self, database: Any) -> None:
        self._imports = database["imports"]

    async def insert(self, begun: Import) -> None:
        document = {
            "_id": key(begun.owner, begun.id),
            "owner": begun.owner,
            "address": begun.address,
            "actor": begun.actor,
            "source": begun.source,
            "begun_at": begun.begun_at,
        }
        await self._imports.insert_one(document)

    async def get(self, owner: str, import_id: str) -> Import:
        """Raises `NotFound`."""
        found = await self._imports.find_one({"_id": key(owner, import_id)})
        if found is None:
            raise NotFound("No such import")
        return _import(found)

    async def of(self, owner: str) -> list[Import]:
        """The newest first, so many as anybody reads."""
        found = self._imports.find({"_id": under(owner)}).sort("_id", -1).limit(MOST_TOLD)
        return list(map(_import, await every(found)))

    async def count(self, owner: str, import_id: str, octets: int, at: datetime, *, session: Any) -> None:
        """One more message."""
        change = {"$inc": {"messages": 1, "octets": octets}, "$set": {"last_at": at}}
        await self._imports.update_one({"_id": key(owner, import_id)}, change, session=session)

    async def forget(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._imports.delete_many({"_id": under(owner)})


def _import(document: Mapping[str, Any]) -> Import:
    return Import(
        id=outside(document["_id"]),
        owner=document["owner"],
        address=document["address"],
        actor=document["actor"],
        source=document["source"],
        begun_at=document["begun_at"],
        last_at=document.get("last_at"),
        messages=document.get("messages", 0),
        octets=document.get("octets", 0),
    )
