"""Who came before, for greylisting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Index
from services.mail.domain.greylisting import Seen
from services.mail.store.cursors import every


class Greylist:
    """Collection `greylist`: a document a triple, or a proven domain, gone when it expires."""

    indexes = (Index("greylist", (("expires", 1),), expire_seconds=0),)

    def __init__(self, database: Any) -> None:
        self._greylist = database["greylist"]

    async def seen(self, names: Sequence[str], now: datetime) -> dict[str, Seen]:
        """Those that are known, and have not expired."""
        found = await every(self._greylist.find({"_id": {"$in": list(names)}}))
        return {each["_id"]: Seen(each["first_at"], each["passed"]) for each in found if each["expires"] > now}

    async def came(self, name: str, now: datetime, expires: datetime) -> None:
        """For the first time, or again after it was forgotten."""
        change = {"$set": {"first_at": now, "passed": False, "expires": expires}}
        try:
            await self._greylist.update_one({"_id": name, "expires": {"$lte": now}}, change, upsert=True)
        except DuplicateKeyError:
            return

    async def passed(self, name: str, now: datetime, expires: datetime) -> None:
        change = {"$set": {"passed": True, "expires": expires}, "$setOnInsert": {"first_at": now}}
        await self._greylist.update_one({"_id": name}, change, upsert=True)
