"""What a handler could not digest, kept by the consumer itself: to be tried again, at last a dead letter.

One document a failure, `_id` "<queue>:<envelope id>" so that a fact that fails twice at once is kept once.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Index
from chassis.errors import NotFound
from chassis.events.leases import utc_now
from chassis.ids import new_id

COLLECTION = "failures"
CONSUMED = "consumed"
WAITING, DEAD = "waiting", "dead"
# Seconds until each next try.
SCHEDULE = (1.0, 10.0, 60.0, 600.0, 3600.0)
# A try that takes longer than this is begun again by another worker.
_TRY_SECONDS = 120.0
_REMEMBERED_DAYS = 14
_TRACEBACK_CHARACTERS = 20_000

INDEXES = (
    Index(COLLECTION, (("state", 1), ("due", 1))),
    Index(COLLECTION, (("state", 1), ("_id", 1))),
    Index(CONSUMED, (("at", 1),), expire_seconds=_REMEMBERED_DAYS * 86_400),
)


@dataclass(frozen=True)
class DeadLetter:
    """A fact that a handler gave up; `traceback` is of the last try, `body` the message as it came."""

    id: str
    queue: str
    type: str
    subject: str
    error: str
    tries: int
    first_failed_at: datetime
    last_failed_at: datetime
    traceback: str
    body: str


class Consumed:
    """Which facts a queue has done with, by envelope id, for longer than any of them is delivered again."""

    def __init__(self, database: Any) -> None:
        self._consumed = database[CONSUMED]

    async def has(self, queue: str, envelope_id: str) -> bool:
        return await self._consumed.find_one({"_id": f"{queue}:{envelope_id}"}, {"_id": 1}) is not None

    async def remember(self, queue: str, envelope_id: str) -> None:
        await self._consumed.update_one({"_id": f"{queue}:{envelope_id}"}, {"$set": {"at": utc_now()}}, upsert=True)


class Failures:
    """Keeps failures, and says which are due."""

    def __init__(self, database: Any, schedule: Sequence[float] = SCHEDULE) -> None:
        self._failures = database[COLLECTION]
        self._schedule = tuple(schedule)

    async def keep(self, queue: str, body: bytes, error: BaseException, *, about: dict[str, str]) -> None:
        """A first failure. `about` has the envelope's id, type and subject; nothing for what could not be read."""
        now = utc_now()
        readable = bool(about)
        document = {
            "queue": queue,
            "type": about.get("type", ""),
            "subject": about.get("subject", ""),
            "body": body,
            "first_failed_at": now,
            **self._failed(error, now, tries=1, last=not readable),
        }
        own = f"{queue}:{about['id'] if readable else new_id()}"
        await self._failures.update_one({"_id": own}, {"$setOnInsert": document}, upsert=True)

    async def due(self, limit: int) -> list[dict[str, Any]]:
        found = self._failures.find({"state": WAITING, "due": {"$lte": utc_now()}}).limit(limit)
        documents: list[dict[str, Any]] = await found.to_list(limit)
        return documents

    async def claim(self, failure: dict[str, Any]) -> bool:
        """Take a due failure for one try; False when another worker was faster."""
        later = utc_now() + timedelta(seconds=_TRY_SECONDS)
        unchanged = {"_id": failure["_id"], "state": WAITING, "due": failure["due"]}
        return bool((await self._failures.update_one(unchanged, {"$set": {"due": later}})).matched_count)

    async def failed_again(self, failure: dict[str, Any], error: BaseException, *, hopeless: bool) -> None:
        tries = failure["tries"] + 1
        last = hopeless or tries > len(self._schedule)
        changed = self._failed(error, utc_now(), tries=tries, last=last)
        await self._failures.update_one({"_id": failure["_id"]}, {"$set": changed})

    async def succeeded(self, failure: dict[str, Any]) -> None:
        await self._failures.delete_one({"_id": failure["_id"]})

    def _failed(self, error: BaseException, now: datetime, *, tries: int, last: bool) -> dict[str, Any]:
        pause = 0.0 if last else self._schedule[tries - 1]
        return {
            "state": DEAD if last else WAITING,
            "due": now + timedelta(seconds=pause),
            "tries": tries,
            "last_failed_at": now,
            "error": f"{type(error).__name__}: {error}"[:1000],
            "traceback": "".join(traceback.format_exception(error))[-_TRACEBACK_CHARACTERS:],
        }


class DeadLetters:
    """What operators see and do."""

    def __init__(self, database: Any) -> None:
        self._failures = database[COLLECTION]

    async def count(self) -> int:
        counted: int = await self._failures.count_documents({"state": DEAD})
        return counted

    async def list(self, limit: int, after: str = "") -> list[DeadLetter]:
        """By id, after the one of that id; without traceback and body."""
        asked = {"state": DEAD, "_id": {"$gt": after}}
        found = self._failures.find(asked, {"traceback": 0, "body": 0}).sort("_id", 1).limit(limit)
        return [_letter(document) for document in await found.to_list(limit)]

    async def explain(self, letter_id: str) -> DeadLetter:
        """One with everything. Raises `NotFound`."""
        found = await self._failures.find_one({"_id": letter_id, "state": DEAD})
        if found is None:
            raise NotFound("No such dead letter")
        return _letter(found)

    async def replay(self, letter_id: str | None = None) -> int:
        """Have one or all tried again with all their tries; how many. Raises `NotFound` for one that is not there."""
        again = {"$set": {"state": WAITING, "due": utc_now(), "tries": 0}}
        if letter_id is None:
            everything: int = (await self._failures.update_many({"state": DEAD}, again)).matched_count
            return everything
        one = await self._failures.update_one({"_id": letter_id, "state": DEAD}, again)
        if not one.matched_count:
            raise NotFound("No such dead letter")
        return 1

    async def discard(self, letter_id: str) -> None:
        """Give one up for good. Raises `NotFound`."""
        if not (await self._failures.delete_one({"_id": letter_id, "state": DEAD})).deleted_count:
            raise NotFound("No such dead letter")


def _letter(document: dict[str, Any]) -> DeadLetter:
    return DeadLetter(
        id=document["_id"],
        queue=document["queue"],
        type=document["type"],
        subject=document["subject"],
        error=document["error"],
        tries=document["tries"],
        first_failed_at=document["first_failed_at"],
        last_failed_at=document["last_failed_at"],
        traceback=document.get("traceback", ""),
        body=bytes(document.get("body", b"")).decode("utf-8", "backslashreplace"),
    )
