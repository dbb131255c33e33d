"""What was expunged or moved away, for those who hold an older cursor (RFC 7162)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chassis.documents import Index
from chassis.events import Fact, document_with_facts, outbox_index
from services.mail.domain.uids import Range, merged
from services.mail.store.cursors import Document, every
from services.mail.store.ids import key

AT_ONCE = 1000
_FORGOTTEN = {"owner": 1, "mailbox": 1, "modseq": 1, "pending": 1}


class Tombstone(NamedTuple):
    """An act, as it is being forgotten."""

    document_id: str
    owner: str
    mailbox_id: str
    modseq: int


class Tombstones:
    """Collection `tombstones`: one document an act, with the UIDs that left the mailbox by it."""

    indexes = (
        Index("tombstones", (("owner", 1), ("mailbox", 1), ("modseq", 1))),
        Index("tombstones", (("at", 1),)),
        outbox_index("tombstones"),
    )

    def __init__(self, database: Any) -> None:
        self._tombstones = database["tombstones"]

    async def insert(
        self,
        owner: str,
        mailbox_id: str,
        modseq: int,
        ranges: Sequence[Range],
        at: datetime,
        facts: Sequence[Fact],
        *,
        session: Any,
    ) -> None:
        """`facts` include those that the removed documents had not published yet."""
        document = {
            "_id": key(owner, mailbox_id, modseq),
            "owner": owner,
            "mailbox": mailbox_id,
            "modseq": modseq,
            "ranges": [list(pair) for pair in ranges],
            "at": at,
        }
        await self._tombstones.insert_one(document_with_facts(document, *facts), session=session)

    async def after(self, owner: str, mailbox_id: str, modseq: int) -> list[Range]:
        """UIDs that left after a modseq."""
        query = {"owner": owner, "mailbox": mailbox_id, "modseq": {"$gt": modseq}}
        found = await every(self._tombstones.find(query, {"_id": 0, "ranges": 1}))
        return merged((pair[0], pair[1]) for document in found for pair in document["ranges"])

    async def older_than(self, moment: datetime) -> list[Tombstone]:
        """Some of them, the published ones."""
        found = await self._tombstones.find({"at": {"$lt": moment}}, _FORGOTTEN).to_list(AT_ONCE)
        return _published(found)

    async def remove(self, document_ids: Sequence[str]) -> None:
        await self._tombstones.delete_many({"_id": {"$in": list(document_ids)}})

    async def remove_all(self, owner: str, mailbox_id: str) -> None:
        """Of a mailbox that is deleted; those with facts to publish stay until they are old."""
        query = {"owner": owner, "mailbox": mailbox_id, "modseq": {"$gt": 0}}
        found = _published(await every(self._tombstones.find(query, _FORGOTTEN)))
        await self.remove([tombstone.document_id for tombstone in found])


def _published(found: Sequence[Document]) -> list[Tombstone]:
    """Sorted out here: asked for what is not pending, the database looks through all."""
    return [
        Tombstone(item["_id"], item["owner"], item["mailbox"], item["modseq"])
        for item in found
        if not item.get("pending")
    ]
