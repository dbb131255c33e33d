"""Leases: of several workers one does it. Taken by a conditional `update_one`, fast on every database of ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.ids import new_id

COLLECTION = "leases"
_PAST = datetime.fromtimestamp(0, UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Lease:
    """One thing that only one holder does at a time; it falls free `seconds` after it was last written.

    Held again and again it is written at half of its time: whoever watches the database is woken by each write.

    A worker that sleeps longer than that and wakes up again may overlap with the next one: what runs under a lease is
    safe to run twice, it is only wasteful.
    """

    def __init__(self, database: Any, name: str, seconds: float) -> None:
        self._leases = database[COLLECTION]
        self._name = name
        self._for = timedelta(seconds=seconds)
        self._holder = new_id()
        self._until = _PAST

    async def hold(self) -> bool:
        """Take it or keep it; False while another one holds it."""
        now = utc_now()
        if self._until - now > self._for / 2:
            return True
        mine = {"$set": {"holder": self._holder, "until": now + self._for}}
        free = {"_id": self._name, "$or": [{"holder": self._holder}, {"until": {"$lte": now}}]}
        taken = await self._leases.update_one(free, mine)
        if not taken.matched_count:
            try:
                await self._leases.insert_one({"_id": self._name, **mine["$set"]})
            except DuplicateKeyError:
                return False
        self._until = now + self._for
        return True

    async def release(self) -> None:
        self._until = _PAST
        await self._leases.update_one({"_id": self._name, "holder": self._holder}, {"$set": {"until": _PAST}})


class Turns:
    """The rounds of a timer: each is done once, and not before the one before it is over."""

    def __init__(self, database: Any, name: str, period: float, lease_seconds: float = 30) -> None:
        self._leases = database[COLLECTION]
        self._name = name
        self._period = timedelta(seconds=period)
        self._for = timedelta(seconds=lease_seconds)
        self._holder = new_id()

    async def take(self) -> bool:
        """Take the round that is due; False when none is, or when another worker was faster."""
        now = utc_now()
        mine = {"$set": {"holder": self._holder, "until": now + self._for, "next": now + self._period}}
        due = {"_id": self._name, "next": {"$lte": now}, "until": {"$lte": now}}
        if (await self._leases.update_one(due, mine)).matched_count:
            return True
        if await self._leases.find_one({"_id": self._name}, {"_id": 1}) is not None:
            return False
        try:
            await self._leases.insert_one({"_id": self._name, **mine["$set"]})
        except DuplicateKeyError:
            return False
        return True

    async def wait_seconds(self) -> float:
        """How long until the next round may be due."""
        found = await self._leases.find_one({"_id": self._name})
        if found is None:
            return 0.0
        left: timedelta = max(found["next"], found["until"]) - utc_now()
        return max(0.0, left.total_seconds())

    async def prolong(self) -> None:
        """Keep a round that takes long."""
        await self._leases.update_one(
            {"_id": self._name, "holder": self._holder}, {"$set": {"until": utc_now() + self._for}}
        )

    async def end(self) -> None:
        await self._leases.update_one({"_id": self._name, "holder": self._holder}, {"$set": {"until": _PAST}})
