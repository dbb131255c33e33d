"""Whose mail is kept for which matters."""

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne

from chassis.documents import Index
from services.mail.store.cursors import every


class Custodies:
    """Collection `custodies`: one document an account, with the matters that it is or was the custodian of. Who leaves
    a unit stays one, and so does who is deleted; it goes when what was kept for the last of them is given up."""

    indexes = (Index("custodies", (("matters", 1), ("_id", 1))),)

    def __init__(self, database: Any) -> None:
        self._custodies = database["custodies"]

    async def of(self, owner: str) -> frozenset[str]:
        found = await self._custodies.find_one({"_id": owner})
        return frozenset(found["matters"]) if found is not None else frozenset()

    async def add(self, owner: str, matter_ids: Sequence[str], *, session: Any = None) -> None:
        change = {"$addToSet": {"matters": {"$each": list(matter_ids)}}}
        await self._custodies.update_one({"_id": owner}, change, upsert=True, session=session)

    async def add_all(self, owners: Sequence[str], matter_id: str) -> None:
        """Those that are there already are not written again."""
        found = await every(self._custodies.find({"_id": {"$in": list(owners)}}))
        known = {each["_id"] for each in found if matter_id in each["matters"]}
        added = {"$addToSet": {"matters": matter_id}}
        if news := [UpdateOne({"_id": owner}, added, upsert=True) for owner in owners if owner not in known]:
            await self._custodies.bulk_write(news)

    async def page(self, matter_id: str, after: str, most: int) -> list[str]:
        query = {"matters": matter_id, "_id": {"$gt": after}}
        return [each["_id"] for each in await every(self._custodies.find(query, {"_id": 1}).sort("_id", 1).limit(most))]

    async def end(self, owner: str, matter_id: str) -> None:
        await self._custodies.update_one({"_id": owner}, {"$pull": {"matters": matter_id}})
        await self._custodies.delete_one({"_id": owner, "matters": []})
