"""Mailboxes as SELECT finds them, in one document each. A cache: any of them may be lost."""

import zlib
from array import array
from typing import Any

from chassis.documents import Index
from services.mail.domain.flags import Flags
from services.mail.domain.message import View
from services.mail.store.ids import key

# Octets, compressed: a document holds 16 MiB.
LARGEST = 12 * 1024 * 1024
# Different sets of flags.
MOST_FLAGS = 2**16
_LAYOUT = 1


class Views:
    """Collection `views`: three columns packed, flags by their number in a table."""

    indexes: tuple[Index, ...] = ()

    def __init__(self, database: Any) -> None:
        self._views = database["views"]

    async def get(self, owner: str, mailbox_id: str) -> View | None:
        found = await self._views.find_one({"_id": key(owner, mailbox_id)})
        if found is None or found["layout"] != _LAYOUT:
            return None
        table: list[Flags] = [tuple(flags) for flags in found["table"]]
        return View(
            found["uid_validity"],
            found["uid_next"],
            found["modseq"],
            _unpacked("I", found["uids"]),
            [table[number] for number in _unpacked("H", found["flags"])],
            _unpacked("Q", found["modseqs"]),
        )

    async def put(self, owner: str, mailbox_id: str, view: View) -> None:
        """Keep a view instead of one that may be there; not one that no document can hold."""
        numbers: dict[Flags, int] = {}
        column = [numbers.setdefault(flags, len(numbers)) for flags in view.flags]
        if len(numbers) > MOST_FLAGS:
            return
        packed = {
            "uids": _packed(view.uids),
            "flags": _packed(array("H", column)),
            "modseqs": _packed(view.modseqs),
        }
        if sum(map(len, packed.values())) > LARGEST:
            return
        document = {
            "_id": key(owner, mailbox_id),
            "layout": _LAYOUT,
            "uid_validity": view.uid_validity,
            "uid_next": view.uid_next,
            "modseq": view.modseq,
            "table": [list(flags) for flags in numbers],
            **packed,
        }
        await self._views.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def drop(self, owner: str, mailbox_id: str) -> None:
        await self._views.delete_one({"_id": key(owner, mailbox_id)})


def _packed(column: "array[int]") -> bytes:
    return zlib.compress(column.tobytes(), 1)


def _unpacked(kind: str, octets: bytes) -> "array[int]":
    column = array(kind)
    column.frombytes(zlib.decompress(octets))
    return column
