"""Leases: of several workers one does it. Taken by a conditional `update_one`, fast on every database of ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.ids import new_id

COLLECTION = "leases"
_PAST = datetime.fromtimestamp(0, UTC)
# Of a round: how long a worker has it that says nothing more; of those that come more often than `_KEPT_PERIOD`, less.
_SECONDS, _KEPT_PERIOD, _KEPT_SECONDS = 30.0, 5.0, 6.0


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

    async def keep(self) -> bool:
        """Hold it on; False where there was a moment in which another one could have had it."""
        return utc_now() < self._until and await self.hold()

    async def release(self) -> None:
        self._until = _PAST
        await self._leases.update_one({"_id": self._name, "holder": self._holder}, {"$set": {"until": _PAST}})


class Turns:
    """The rounds of a timer: each is done once, and not before the one before it is over.

    Rounds that come every few seconds stay with the worker that did one, and are no question to the database for it:
    it writes its lease at half of its time.
    """

    def __init__(self, database: Any, name: str, period: float) -> None:
        self._leases = database[COLLECTION]
        self._name = name
        self._period = timedelta(seconds=period)
        self._keeps = 0 < period <= _KEPT_PERIOD
        self._for = timedelta(seconds=_KEPT_SECONDS if self._keeps else _SECONDS)
        self._holder = new_id()
        # What this worker keeps: until when, and when its next round is due.
        self._until = self._next = _PAST

    @property
    def prolong_seconds(self) -> float:
        """How often a round that takes long has to be prolonged."""
        return self._for.total_seconds() / 3

    async def take(self) -> bool:
        """Take the round that is due; False when none is, or when another worker was faster."""
        now = utc_now()
        kept = self._until > now
        if kept and self._next > now:
            return False
        if not (kept and self._until - now > self._for / 2) and not await self._taken(now):
            self._until = _PAST
            return False
        self._next = now + self._period
        return True

    async def _taken(self, now: datetime) -> bool:
        mine = {"$set": {"holder": self._holder, "until": now + self._for, "next": now + self._period}}
        due: dict[str, Any] = {"_id": self._name, "next": {"$lte": now}}
        # `next` as it was written: of rounds that are kept those after it came without another word.
        free: dict[str, Any] = {"until": {"$lte": now}}
        if self._keeps:
            free = {"$or": [{"holder": self._holder}, free]}
        if not (await self._leases.update_one({**due, **free}, mine)).matched_count:
            if await self._leases.find_one({"_id": self._name}, {"_id": 1}) is not None:
                return False
            try:
                await self._leases.insert_one({"_id": self._name, **mine["$set"]})
            except DuplicateKeyError:
                return False
        if self._keeps:
            self._until = now + self._for
        return True

    async def wait_seconds(self) -> float:
        """How long until the next round may be due."""
        now = utc_now()
        if self._until > now:
            return max(0.0, (self._next - now).total_seconds())
        found = await self._leases.find_one({"_id": self._name})
        if found is None:
            return 0.0
        left: timedelta = max(found["next"], found["until"]) - now
        return max(0.0, left.total_seconds())

    async def prolong(self) -> None:
        """Keep a round that takes long."""
        until = utc_now() + self._for
        kept = await self._leases.update_one({"_id": self._name, "holder": self._holder}, {"$set": {"until": until}})
        if self._keeps and kept.matched_count:
            self._until = until

    async def end(self) -> None:
        """The round is over."""
        if not self._keeps:
            await self.release()

    async def release(self) -> None:
        """Let another worker have the next round, if this one has it."""
        if self._keeps and self._until == _PAST:
            return
        self._until = _PAST
        await self._leases.update_one({"_id": self._name, "holder": self._holder}, {"$set": {"until": _PAST}})
