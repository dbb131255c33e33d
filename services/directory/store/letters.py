"""Letters that wait to be handed over, and resets that were asked for, as documents: sealed, and soon forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Database
from services.directory.domain.letters import CLAIMED, Asked, Waiting

_BATCH = 32


class LetterStore:
    """The collection `letters`."""

    def __init__(self, database: Database) -> None:
        self._letters = database["letters"]

    async def due(self, now: datetime) -> list[Waiting]:
        """Up to 32 that are to be tried now."""
        cursor = self._letters.find({"due_at": {"$lte": now}}).limit(_BATCH)
        return [_waiting(document) async for document in cursor]

    async def claim(self, letter: Waiting, now: datetime) -> bool:
        """Take it for a try; False when another process has."""
        answer = await self._letters.update_one(
            {"_id": letter.id, "due_at": letter.due_at}, {"$set": {"due_at": now + CLAIMED}}
        )
        return bool(answer.matched_count)

    async def failed(self, letter: Waiting, due_at: datetime) -> None:
        await self._letters.update_one({"_id": letter.id}, {"$set": {"due_at": due_at, "tries": letter.tries + 1}})

    async def done(self, letter: Waiting) -> None:
        await self._letters.delete_one({"_id": letter.id})


class AskedStore:
    """The collection `resets_asked`."""

    def __init__(self, database: Database) -> None:
        self._asked = database["resets_asked"]

    async def put(self, asked: Asked) -> None:
        """Note that it was asked for; again before it was looked at is the same."""
        kept = {"sealed": asked.sealed, "expires_at": asked.expires_at}
        await self._asked.update_one({"_id": asked.id}, {"$set": kept}, upsert=True)

    async def some(self, now: datetime) -> list[Asked]:
        """Up to 32 that nobody has looked at."""
        cursor = self._asked.find({"expires_at": {"$gt": now}}).limit(_BATCH)
        return [Asked(each["_id"], each["sealed"], each["expires_at"]) async for each in cursor]

    async def done(self, asked: Asked) -> None:
        """Unless it was asked for anew meanwhile."""
        await self._asked.delete_one({"_id": asked.id, "sealed": asked.sealed})


async def insert_letters(database: Database, letters: Sequence[Waiting], session: Any) -> None:
    """Keep letters in the transaction that gives them something to say."""
    if letters:
        await database["letters"].insert_many([_document(letter) for letter in letters], session=session)


def _document(letter: Waiting) -> dict[str, Any]:
    return {
        "_id": letter.id,
        "account": letter.account_id,
        "sealed": letter.sealed,
        "due_at": letter.due_at,
        "expires_at": letter.expires_at,
        "tries": letter.tries,
    }


def _waiting(document: Mapping[str, Any]) -> Waiting:
    return Waiting(
        id=document["_id"],
        account_id=document["account"],
        sealed=document["sealed"],
        due_at=document["due_at"],
        expires_at=document["expires_at"],
        tries=document["tries"],
    )
