"""FETCH pages: rows of messages that never change, folded by windows of UIDs. A cache: any page may be lost."""

import zlib
from array import array
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
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
_LAYOUT = 4
# Between the values of a column: no string of IMAP holds NUL (RFC 3501 §9, CHAR8).
_END = b"\0"
# The same where values are NUL-parted themselves, and neither begin nor end with one.
_FAR_END = b"\0\0"
# Of `FetchRows`, beside UIDs: where a page has them, and how they are read.
COLUMNS: dict[str, tuple[str, Callable[[bytes], Sequence[Any]]]] = {
    "internal_dates": ("dates", lambda packed: zlib.decompress(packed).split(_END)),
    "sizes": ("sizes", lambda packed: array("Q", packed)),
    "envelopes": ("envelopes", lambda packed: zlib.decompress(packed).split(_END)),
    "bodystructures": ("bodystructures", lambda packed: zlib.decompress(packed).split(_END)),
    "usual": ("usual", lambda packed: zlib.decompress(packed).split(_FAR_END)),
}


def page_of(uid: int) -> int:
    return (uid - 1) // WINDOW


def window(page: int) -> tuple[int, int]:
    """First and last UID."""
    return page * WINDOW + 1, (page + 1) * WINDOW


class Pages:
    """Collection `pages`: six columns a page, each in one piece of octets.

    The database and its driver take thirty times as long for 250 values as for what they need not look into, and
    longer for many octets than it takes to unpack them. `words`: by field, what a search looks for a text in.
    """

    indexes = (Index("pages", (("owner", 1), ("mailbox", 1), ("page", 1)), unique=True),)

    def __init__(self, database: Any) -> None:
        self._pages = database["pages"]

    async def within(
        self, owner: str, mailbox_id: str, first: int, last: int, columns: Collection[str] = COLUMNS
    ) -> AsyncIterator[tuple[int, FetchRows]]:
        """Pages `first` to `last` that exist, ascending, by one range query; of each the wanted columns."""
        query = {"owner": owner, "mailbox": mailbox_id, "page": {"$gte": first, "$lte": last}}
        shown = {"page": 1, "layout": 1, "uids": 1} | {COLUMNS[column][0]: 1 for column in columns}
        async for found in pieces(self._pages.find(query, shown).sort("page", 1), READ_AHEAD):
            for page in found:
                if page.get("layout") == _LAYOUT:
                    yield page["page"], _unpacked(page, columns)

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
            "usual": _packed(rows.usual, _FAR_END),
            "words": {field: _packed(column) for field, column in words.items()},
        }
        large = (document["envelopes"], document["bodystructures"], document["usual"], *document["words"].values())
        if sum(map(len, large)) > LARGEST:
            return
        await self._pages.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def drop(self, owner: str, mailbox_id: str, uids: Iterable[int]) -> None:
        """Lose the pages of these UIDs: they show messages that are gone."""
        touched = sorted({page_of(uid) for uid in uids})
        if touched:
            await self._pages.delete_many({"_id": {"$in": [key(owner, mailbox_id, page) for page in touched]}})

    async def drop_all(self, owner: str, mailbox_id: str) -> None:
        await self._pages.delete_many({"owner": owner, "mailbox": mailbox_id})


def _packed(column: Sequence[bytes], end: bytes = _END) -> bytes:
    return zlib.compress(end.join(column), 1)


def _unpacked(page: dict[str, Any], columns: Collection[str]) -> FetchRows:
    uids = array("I", page["uids"])
    if not uids:
        return FetchRows.of([])
    read = {column: COLUMNS[column] for column in columns}
    return FetchRows(uids, **{column: unpack(page[name]) for column, (name, unpack) in read.items()})


def _holding(packed: bytes, column: bytes, text: bytes) -> list[int]:
    """Most pages hold a text nowhere: they are not taken apart."""
    if text not in column:
        return []
    uids = array("I")
    uids.frombytes(packed)
    return [uid for uid, value in zip(uids, column.split(_END), strict=True) if text in value]
