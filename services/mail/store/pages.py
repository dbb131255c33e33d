"""FETCH pages: rows of messages that never change, folded by windows of UIDs. A cache: any page may be lost."""

import zlib
from array import array
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from chassis.documents import Index
from services.mail.domain.message import FetchRows
from services.mail.store.cursors import pieces
from services.mail.store.ids import key

# UIDs a page: page k holds (k * 250, (k + 1) * 250].
WINDOW = 250
# Some 200 KB each when unpacked: what is in memory while a mailbox streams.
READ_AHEAD = 4
# Octets: a document holds 16 MiB.
LARGEST = 12 * 1024 * 1024
_LAYOUT = 3
# Between the values of a column: no string of IMAP holds NUL (RFC 3501 §9, CHAR8).
_END = b"\0"


def page_of(uid: int) -> int:
    return (uid - 1) // WINDOW


def window(page: int) -> tuple[int, int]:
    """First and last UID."""
    return page * WINDOW + 1, (page + 1) * WINDOW


class Pages:
    """Collection `pages`: five columns a page, each in one piece of octets.

    The database and its driver take thirty times as long for 250 values as for what they need not look into, and
    longer for many octets than it takes to unpack them. `words`: by field, what a search looks for a text in.
    """

    indexes = (Index("pages", (("owner", 1), ("mailbox", 1), ("page", 1)), unique=True),)

    def __init__(self, database: Any) -> None:
        self._pages = database["pages"]

    async def within(self, owner: str, mailbox_id: str, first: int, last: int) -> AsyncIterator[tuple[int, FetchRows]]:
        """Pages `first` to `last` that exist, ascending, by one range query."""
        query = {"owner": owner, "mailbox": mailbox_id, "page": {"$gte": first, "$lte": last}}
        async for found in pieces(self._pages.find(query, {"words": 0}).sort("page", 1), READ_AHEAD):
            for page in found:
                if page.get("layout") == _LAYOUT:
                    yield page["page"], _unpacked(page)

    async def holding(
        self, owner: str, mailbox_id: str, first: int, last: int, field: str, text: bytes
    ) -> AsyncIterator[tuple[int, list[int]]]:
        """Pages `first` to `last` that exist, ascending; of each the UIDs whose field holds a text, folded as it is."""
        query = {"owner": owner, "mailbox": mailbox_id, "page": {"$gte": first, "$lte": last}}
        shown = {"page": 1, "layout": 1, "uids": 1, f"words.{field}": 1}
        async for found in pieces(self._pages.find(query, shown).sort("page", 1)):
            for page in found:
                if page.get("layout") == _LAYOUT:
                    yield page["page"], _holding(page["uids"], zlib.decompress(page["words"][field]), text)

    async def put(
        self, owner: str, mailbox_id: str, page: int, rows: FetchRows, words: Mapping[str, Sequence[bytes]]
    ) -> None:
        """Keep a page, instead of one that may be there; not one that no document can hold.

        `words`: for each field what a search looks in, a value for each row.
        """
        document: dict[str, Any] = {
            "_id": key(owner, mailbox_id, page),
            "owner": owner,
            "mailbox": mailbox_id,
            "page": page,
            "layout": _LAYOUT,
            "uids": array("I", rows.uids).tobytes(),
            "dates": _packed(rows.internal_dates),
            "sizes": array("Q", rows.sizes).tobytes(),
            "envelopes": _packed(rows.envelopes),
            "bodystructures": _packed(rows.bodystructures),
            "words": {field: _packed(column) for field, column in words.items()},
        }
        if (
            len(document["envelopes"]) + len(document["bodystructures"]) + sum(map(len, document["words"].values()))
            > LARGEST
        ):
            return
        await self._pages.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def drop(self, owner: str, mailbox_id: str, uids: Iterable[int]) -> None:
        """Lose the pages of these UIDs: they show messages that are gone."""
        touched = sorted({page_of(uid) for uid in uids})
        if touched:
            await self._pages.delete_many({"_id": {"$in": [key(owner, mailbox_id, page) for page in touched]}})

    async def drop_all(self, owner: str, mailbox_id: str) -> None:
        await self._pages.delete_many({"owner": owner, "mailbox": mailbox_id})


def _packed(column: Sequence[bytes]) -> bytes:
    return zlib.compress(_END.join(column), 1)


def _unpacked(page: dict[str, Any]) -> FetchRows:
    uids, sizes = array("I"), array("Q")
    uids.frombytes(page["uids"])
    sizes.frombytes(page["sizes"])
    if not uids:
        return FetchRows.of([])
    names = ("dates", "envelopes", "bodystructures")
    dates, envelopes, bodystructures = (zlib.decompress(page[name]).split(_END) for name in names)
    return FetchRows(uids, dates, sizes, envelopes, bodystructures)


def _holding(packed: bytes, column: bytes, text: bytes) -> list[int]:
    """Most pages hold a text nowhere: they are not taken apart."""
    if text not in column:
        return []
    uids = array("I")
    uids.frombytes(packed)
    return [uid for uid, value in zip(uids, column.split(_END), strict=True) if text in value]
