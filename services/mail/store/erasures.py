"""Accounts that are no more."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.documents import Index
from services.mail.store.cursors import every
from services.mail.store.leases import claim_due

AT_ONCE = 100


class Erasures:
    """Collection `erasures`: one document an account, kept for good, so that nothing opens its mailboxes again. It
    counts what was erased; `due` is there until nothing was left to be."""

    indexes = (
        Index("erasures", (("due", 1),), sparse=True),
        Index("erasures", (("unit_path", 1), ("_id", 1)), sparse=True),
    )

    def __init__(self, database: Any) -> None:
        self._erasures = database["erasures"]

    async def begin(self, owner: str, due: datetime, unit_path: Sequence[str] = ()) -> None:
        """From now on the account is known to be no more; what it had is erased when it is due. `unit_path`: to where
        it stood, for one that somebody may ask for until then."""
        kept = {"unit_path": list(unit_path)} if unit_path else {}
        change = {"$set": {"due": due, "kept_until": due, **kept}, "$inc": {"mailboxes": 0, "messages": 0}}
        await self._erasures.update_one({"_id": owner}, change, upsert=True)

    async def kept_until(self, owner: str, *, session: Any = None) -> datetime | None:
        """Until when what an account had is kept; None for one that is not known to be no more."""
        found = await self._erasures.find_one({"_id": owner}, {"kept_until": 1}, session=session)
        return None if found is None else found.get("kept_until", datetime.min.replace(tzinfo=UTC))

    async def kept_in(self, unit_id: str, after: str, most: int) -> list[str]:
        """Accounts that stood in or below a unit and are kept for a time, by their ids, which follow `after`."""
        query = {"unit_path": unit_id, "_id": {"$gt": after}}
        return [each["_id"] for each in await every(self._erasures.find(query, {"_id": 1}).sort("_id", 1).limit(most))]

    async def wait(self, owner: str, request_id: str) -> None:
        """Somebody asked for the erasure, and is answered when it was possible."""
        await self._erasures.update_one({"_id": owner}, {"$addToSet": {"requests": request_id}})

    async def waiting(self, owner: str) -> list[str]:
        """Requests that were not answered yet."""
        found = await self._erasures.find_one({"_id": owner}, {"requests": 1}) or {}
        return list(found.get("requests", ()))

    async def answered(self, owner: str, request_id: str, *, session: Any) -> None:
        await self._erasures.update_one({"_id": owner}, {"$pull": {"requests": request_id}}, session=session)

    async def known(self, owner: str, *, session: Any = None) -> bool:
        return await self._erasures.find_one({"_id": owner}, {"_id": 1}, session=session) is not None

    async def claim_due(self, now: datetime, lease: timedelta) -> list[str]:
        """Those that may have something left, each for whoever claims it first; they are due again after the lease."""
        return [found["_id"] for found in await claim_due(self._erasures, now, lease, AT_ONCE)]

    async def count(self, owner: str, messages: int, *, session: Any) -> None:
        """One more mailbox, with so many messages."""
        await self._erasures.update_one(
            {"_id": owner}, {"$inc": {"mailboxes": 1, "messages": messages}}, session=session
        )

    async def counted(self, owner: str) -> tuple[int, int]:
        """Mailboxes and messages erased so far."""
        found = await self._erasures.find_one({"_id": owner})
        return (found["mailboxes"], found["messages"]) if found else (0, 0)

    async def done(self, owner: str) -> None:
        await self._erasures.update_one({"_id": owner}, {"$unset": {"due": "", "unit_path": ""}})
