"""Batches of activation letters as documents, and their pages in sealed pieces; soon forgotten."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Database
from chassis.events import document_with_facts
from services.directory.domain.batches import CLAIMED, FAILED, PREPARING, READY, Batch

Facts = Sequence[dict[str, Any]]


class BatchStore:
    """The collections `letter_batches` and `letter_pages`."""

    def __init__(self, database: Database) -> None:
        self._batches = database["letter_batches"]
        self._pages = database["letter_pages"]

    async def insert(self, batch: Batch, facts: Facts) -> None:
        document = {
            "_id": batch.id,
            "by": batch.started_by,
            "created_at": batch.created_at,
            "expires_at": batch.expires_at,
            "unit": batch.unit_id,
            "accounts": list(batch.accounts),
            "state": batch.state,
            "due_at": batch.created_at,
            "tries": 0,
        }
        await self._batches.insert_one(document_with_facts(document, *facts))

    async def find(self, batch_id: str) -> Batch | None:
        found = await self._batches.find_one({"_id": batch_id}, {"outbox": 0})
        return _batch(found) if found else None

    async def claim(self, now: datetime) -> Batch | None:
        """One that is to be prepared, for whoever is first; again after ten minutes if nothing came of it."""
        async for found in self._batches.find({"due_at": {"$lte": now}}, {"outbox": 0}).limit(8):
            update = {"$set": {"due_at": now + CLAIMED}, "$inc": {"tries": 1}}
            answer = await self._batches.update_one({"_id": found["_id"], "due_at": found["due_at"]}, update)
            if answer.matched_count:
                return _batch({**found, "tries": found["tries"] + 1})
        return None

    async def preparing(self, account_id: str) -> int:
        """How many of an account's own are not ready yet."""
        cursor = self._batches.find({"by": account_id}, {"state": 1})
        return sum([each["state"] == PREPARING async for each in cursor])

    async def keep(self, batch: Batch, number: int, sealed: str) -> None:
        """A piece of the pages; again is the same."""
        piece = {"sealed": sealed, "expires_at": batch.expires_at}
        await self._pages.update_one({"_id": f"{batch.id}.{number:06d}"}, {"$set": piece}, upsert=True)

    async def pieces(self, batch: Batch) -> AsyncIterator[str]:
        for number in range(batch.pieces):
            found = await self._pages.find_one({"_id": f"{batch.id}.{number:06d}"})
            if found is None:
                return
            yield found["sealed"]

    async def ready(self, batch: Batch) -> None:
        """It can be printed from now until it expires."""
        told = {
            "state": READY,
            "letters": batch.letters,
            "more": batch.more,
            "pieces": batch.pieces,
            "expires_at": batch.expires_at,
        }
        await self._batches.update_one({"_id": batch.id}, {"$set": told, "$unset": {"due_at": ""}})

    async def failed(self, batch_id: str, error: str) -> None:
        update = {"$set": {"state": FAILED, "error": error}, "$unset": {"due_at": ""}}
        await self._batches.update_one({"_id": batch_id}, update)


def _batch(document: Mapping[str, Any]) -> Batch:
    return Batch(
        id=document["_id"],
        started_by=document["by"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        unit_id=document["unit"],
        accounts=tuple(document["accounts"]),
        state=document["state"],
        letters=document.get("letters", 0),
        more=document.get("more", False),
        pieces=document.get("pieces", 0),
        tries=document["tries"],
        error=document.get("error", ""),
    )
