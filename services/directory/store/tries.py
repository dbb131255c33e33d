"""Wrong passwords so far, and the remote addresses where a right one has been given, as documents."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from services.directory.domain.lockout import Limit, Tries

REMEMBERED = timedelta(days=60)
_RACES = 20


class TriesStore:
    """The collections `tries` and `remotes`."""

    def __init__(self, database: Database) -> None:
        self._tries = database["tries"]
        self._remotes = database["remotes"]

    async def read(self, key: str, now: datetime) -> Tries:
        return (await self.read_all([key], now))[0]

    async def read_all(self, keys: Sequence[str], now: datetime) -> list[Tries]:
        """What counts under each key, in one query."""
        if not keys:
            return []
        found = await self._tries.find({"_id": {"$in": list(keys)}}).to_list(len(keys))
        by_key = {each["_id"]: _tries(each).at(now) for each in found}
        return [by_key.get(key, Tries()) for key in keys]

    async def failed(self, key: str, now: datetime, limit: Limit) -> None:
        """Count one more."""
        await self._change(key, now, lambda tries: tries.failed(now, limit))

    async def forgiven(self, key: str, now: datetime, limit: Limit, count: float) -> None:
        """Count so many less."""
        await self._change(key, now, lambda tries: tries.forgiven(now, limit, count))

    async def _change(self, key: str, now: datetime, change: Callable[[Tries], Tries]) -> None:
        """Several processes may count at once: each writes only upon what it has read."""
        for _ in range(_RACES):
            before = await self._tries.find_one({"_id": key})
            seen = _tries(before) if before else Tries()
            after = change(seen.at(now))
            values = {
                "failures": after.failures,
                "blocked_until": after.blocked_until,
                "forgotten_at": after.forgotten_at,
            }
            # The same number may come again, but not at the same time.
            unchanged: dict[str, Any] = {"failures": {"$exists": False}}
            if before:
                unchanged = {"failures": seen.failures, "blocked_until": seen.blocked_until}
            try:
                answer = await self._tries.update_one(
                    {"_id": key, **unchanged}, {"$set": values}, upsert=before is None
                )
            except DuplicateKeyError:
                continue
            if answer.matched_count or answer.upserted_id is not None:
                return

    async def clear(self, key: str) -> None:
        await self._tries.delete_one({"_id": key})

    async def knows(self, who: str, remote: str, now: datetime) -> bool:
        """Whether a right password came from there lately."""
        found = await self._remotes.find_one({"_id": f"{who}@{remote}"})
        return found is not None and found["forgotten_at"] > now

    async def remember(self, who: str, remote: str, now: datetime) -> None:
        await self._remotes.update_one(
            {"_id": f"{who}@{remote}"}, {"$set": {"forgotten_at": now + REMEMBERED}}, upsert=True
        )


def _tries(document: Mapping[str, Any]) -> Tries:
    return Tries(document["failures"], document["blocked_until"], document["forgotten_at"])
