"""Which messages have which terms, by windows of UIDs. A cache: any of it may be lost."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pymongo.errors import BulkWriteError

from chassis.documents import Index
from services.mail.domain.postings import SHELVES, readable
from services.mail.store.cursors import every, pieces
from services.mail.store.ids import key
from services.mail.store.leases import claim_due

_DUPLICATE = 11000
# Windows that are in memory together: of the longest letters a shelf has a megabyte.
READ_AT_ONCE = 50
# So long another worker leaves alone what one has taken.
LEASE = timedelta(minutes=2)


class Asked(NamedTuple):
    """Windows of a mailbox whose terms somebody would like to have shelved."""

    owner: str
    mailbox_id: str
    windows: list[int]
    due: datetime


class Postings:
    """Collection `postings`: a document a shelf of a window, written once; and `shelving`: what is to be shelved."""

    indexes = (
        Index("postings", (("owner", 1), ("mailbox", 1), ("shelf", 1), ("window", 1)), unique=True),
        Index("shelving", (("due", 1),)),
    )

    def __init__(self, database: Any) -> None:
        self._postings = database["postings"]
        self._shelving = database["shelving"]

    async def shelves(
        self, owner: str, mailbox_id: str, shelf: int, first: int, last: int
    ) -> AsyncIterator[dict[int, bytes]]:
        """One shelf of the windows `first` to `last` that have it, packed; some windows at a time."""
        query = {"owner": owner, "mailbox": mailbox_id, "shelf": shelf, "window": {"$gte": first, "$lte": last}}
        async for some in pieces(self._postings.find(query, {"_id": 0, "window": 1, "packed": 1}), READ_AT_ONCE):
            yield {each["window"]: each["packed"] for each in some if readable(each["packed"])}

    async def shelved(self, owner: str, mailbox_id: str, wanted: Sequence[int]) -> set[int]:
        """Which of some windows are, whole: the last shelf is written last."""
        ids = [key(owner, mailbox_id, each, SHELVES - 1) for each in wanted]
        found = await every(self._postings.find({"_id": {"$in": ids}}, {"window": 1, "packed": 1}))
        return {each["window"] for each in found if readable(each["packed"])}

    async def put(self, owner: str, mailbox_id: str, number: int, shelves: Sequence[bytes]) -> None:
        """Keep all shelves of a window. Those that are there already say the same, unless they are of another form."""
        ids = [key(owner, mailbox_id, number, shelf) for shelf in range(SHELVES)]
        documents = [
            {
                "_id": ids[shelf],
                "owner": owner,
                "mailbox": mailbox_id,
                "shelf": shelf,
                "window": number,
                "packed": packed,
            }
            for shelf, packed in enumerate(shelves)
        ]
        try:
            await self._postings.insert_many(documents)
        except BulkWriteError as error:
            if any(each["code"] != _DUPLICATE for each in (error.details or {}).get("writeErrors", [])):
                raise
            await self._postings.delete_many({"_id": {"$in": ids}})
            await self._postings.insert_many(documents)

    async def drop_all(self, owner: str, mailbox_id: str) -> None:
        """Of a mailbox that is deleted."""
        query = {"owner": owner, "mailbox": mailbox_id, "shelf": {"$gte": 0}}
        await self._postings.delete_many(query)
        await self._shelving.delete_one({"_id": key(owner, mailbox_id)})

    async def ask(self, owner: str, mailbox_id: str, wanted: Iterable[int], now: datetime) -> None:
        change = {
            "$set": {"owner": owner, "mailbox": mailbox_id, "due": now},
            "$addToSet": {"windows": {"$each": sorted(wanted)}},
        }
        await self._shelving.update_one({"_id": key(owner, mailbox_id)}, change, upsert=True)

    async def claim_due(self, now: datetime, most: int) -> list[Asked]:
        claimed = await claim_due(self._shelving, now, LEASE, most)
        return [Asked(each["owner"], each["mailbox"], each["windows"], each["due"]) for each in claimed]

    async def done(self, asked: Asked) -> None:
        """Unless somebody asked for more meanwhile."""
        which = {"_id": key(asked.owner, asked.mailbox_id), "due": asked.due}
        await self._shelving.delete_one(which)
