"""FETCH pages: rows of messages that never change, folded by windows of UIDs. A cache: any page may be lost."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from chassis.documents import Index
from services.mail.domain.message import FetchRow
from services.mail.store.cursors import pieces
from services.mail.store.ids import key

# UIDs a page: page k holds (k * 250, (k + 1) * 250].
WINDOW = 250
# Some 200 KB each: what is in memory while a mailbox streams.
READ_AHEAD = 4


def page_of(uid: int) -> int:
    return (uid - 1) // WINDOW


def window(page: int) -> tuple[int, int]:
    """First and last UID."""
    return page * WINDOW + 1, (page + 1) * WINDOW


class Pages:
    """Collection `pages`: five columns a page."""

    indexes = (Index("pages", (("owner", 1), ("mailbox", 1), ("page", 1)), unique=True),)

    def __init__(self, database: Any) -> None:
        self._pages = database["pages"]

    async def within(
        self, owner: str, mailbox_id: str, first: int, last: int
    ) -> AsyncIterator[tuple[int, list[FetchRow]]]:
        """Pages `first` to `last` that exist, ascending, by one range query."""
        query = {"owner": owner, "mailbox": mailbox_id, "page": {"$gte": first, "$lte": last}}
        async for found in pieces(self._pages.find(query).sort("page", 1), READ_AHEAD):
            for page in found:
                columns = (page["uids"], page["dates"], page["sizes"], page["envelopes"], page["bodystructures"])
                yield page["page"], list(map(FetchRow, *columns))

    async def numbers(self, owner: str, mailbox_id: str, first: int, last: int) -> set[int]:
        """Which of the pages exist."""
        query = {"owner": owner, "mailbox": mailbox_id, "page": {"$gte": first, "$lte": last}}
        return {page["page"] async for found in pieces(self._pages.find(query, {"page": 1})) for page in found}

    async def put(self, owner: str, mailbox_id: str, page: int, rows: Sequence[FetchRow]) -> None:
        """Keep a page, instead of one that may be there."""
        uids, dates, sizes, envelopes, bodystructures = zip(*rows, strict=True) if rows else ((),) * 5
        document = {
            "_id": key(owner, mailbox_id, page),
            "owner": owner,
            "mailbox": mailbox_id,
            "page": page,
            "uids": list(uids),
            "dates": list(dates),
            "sizes": list(sizes),
            "envelopes": list(envelopes),
            "bodystructures": list(bodystructures),
        }
        await self._pages.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def drop(self, owner: str, mailbox_id: str, uids: Iterable[int]) -> None:
        """Lose the pages of these UIDs: they show messages that are gone."""
        touched = sorted({page_of(uid) for uid in uids})
        if touched:
            await self._pages.delete_many({"_id": {"$in": [key(owner, mailbox_id, page) for page in touched]}})

    async def drop_all(self, owner: str, mailbox_id: str) -> None:
        await self._pages.delete_many({"owner": owner, "mailbox": mailbox_id})
