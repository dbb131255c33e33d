"""Messages that were deleted, as long as their owner can have them back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chassis.documents import Index
from chassis.errors import NotFound
from chassis.ids import new_id
from services.mail.domain.flags import DELETED, SEEN
from services.mail.domain.matters import DELETED as WAS_DELETED
from services.mail.domain.matters import EXPIRED, Preserved
from services.mail.domain.recovery import Recoverable
from services.mail.store.cursors import Document, every
from services.mail.store.ids import key, outside, under
from services.mail.store.messages import Copy
from services.mail.store.preserved import PreservedMessage, preserved

AT_ONCE = 500
_SHOWN = {
    "mailbox": 1, "name": 1, "at": 1, "due": 1, "blob": 1, "message.subject": 1, "message.sender": 1,
    "message.internal_date": 1, "message.size": 1,
}  # fmt: skip


class Kept(NamedTuple):
    """A deleted message, to be put back."""

    id: str
    mailbox_id: str
    # Of the message.
    own_id: str
    copy: Copy


class RecoverableMessages:
    """Collection `recoverable`: one document a deleted message, which has the message's own in it. It goes when it is
    `due`."""

    indexes = (
        Index("recoverable", (("owner", 1), ("at", 1))),
        Index("recoverable", (("due", 1),)),
        Index("recoverable", (("blob", 1),)),
    )

    def __init__(self, database: Any) -> None:
        self._recoverable = database["recoverable"]

    async def insert(
        self,
        owner: str,
        mailbox_id: str,
        name: str,
        copies: Sequence[tuple[Copy, datetime]],
        at: datetime,
        *,
        session: Any,
    ) -> None:
        """Messages that go from a mailbox of that name, each with when it is due. Their ids here grow with time."""
        place = {"owner": owner, "mailbox": mailbox_id, "name": name, "at": at}
        documents = [
            {"_id": key(owner, new_id()), **place, "due": due, "blob": copy.document["blob"], "message": copy.document}
            for copy, due in copies
        ]
        await self._recoverable.insert_many(documents, session=session)

    async def page(self, owner: str, below: str, most: int) -> list[Recoverable]:
        """The latest, below an id if one is given."""
        query = {"_id": under(owner) | ({"$lt": key(owner, below)} if below else {})}
        found = await every(self._recoverable.find(query, _SHOWN).sort("_id", -1).limit(most))
        return [_recoverable(document) for document in found]

    async def after(self, owner: str, after: str, most: int) -> list[PreservedMessage]:
        """As whoever looks into a matter reads them, the eldest first."""
        query = {"_id": under(owner) | ({"$gt": key(owner, after)} if after else {})}
        found = await every(self._recoverable.find(query).sort("_id", 1).limit(most))
        return [preserved(document, WAS_DELETED) for document in found]

    async def get(self, owner: str, recoverable_id: str) -> PreservedMessage:
        """Raises `NotFound`."""
        found = await self._recoverable.find_one({"_id": key(owner, recoverable_id)})
        if found is None:
            raise NotFound("No such message")
        return preserved(found, WAS_DELETED)

    async def some(self, owner: str, ids: Sequence[str]) -> list[Recoverable]:
        """Those that are there."""
        found = await every(self._recoverable.find({"_id": {"$in": [key(owner, each) for each in ids]}}, _SHOWN))
        return [_recoverable(document) for document in found]

    async def deleted_in(self, owner: str, first: datetime, end: datetime, most: int) -> list[Recoverable]:
        """Some that were deleted from `first` on and before `end`."""
        query = {"owner": owner, "at": {"$gte": first, "$lt": end}}
        return [_recoverable(item) for item in await every(self._recoverable.find(query, _SHOWN).limit(most))]

    async def take(self, owner: str, ids: Sequence[str], *, session: Any) -> list[Kept]:
        """Those that are there, which are not any more; to be put back in the same transaction."""
        wanted = {"_id": {"$in": [key(owner, each) for each in ids]}}
        found = await every(self._recoverable.find(wanted, session=session))
        if found:
            gone = {"_id": {"$in": [document["_id"] for document in found]}}
            await self._recoverable.delete_many(gone, session=session)
        return [_kept(document) for document in sorted(found, key=lambda document: document["_id"])]

    async def due(self, now: datetime) -> dict[str, list[str]]:
        """Document ids of some that have to go, by their owners."""
        found = await self._recoverable.find({"due": {"$lte": now}}, {"owner": 1}).to_list(AT_ONCE)
        by_owner: dict[str, list[str]] = defaultdict(list)
        for each in found:
            by_owner[each["owner"]].append(each["_id"])
        return by_owner

    async def expire(self, document_ids: Sequence[str], *, session: Any) -> list[tuple[Preserved, Document]]:
        """Those that are there, which are not any more: where each was, and the document of the message."""
        gone = {"_id": {"$in": list(document_ids)}}
        found = await every(self._recoverable.find(gone, session=session))
        await self._recoverable.delete_many(gone, session=session)
        return [(Preserved(each["mailbox"], each["name"], EXPIRED), each["message"]) for each in found]

    async def remove(self, document_ids: Sequence[str]) -> None:
        await self._recoverable.delete_many({"_id": {"$in": list(document_ids)}})

    async def remove_all(self, owner: str) -> bool:
        """Of an account that is erased; whether there was something."""
        gone = await self._recoverable.delete_many({"_id": under(owner)})
        return bool(gone.deleted_count)

    async def count(self, owner: str) -> int:
        return int(await self._recoverable.count_documents({"_id": under(owner)}))

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that a deleted message names."""
        found = await every(self._recoverable.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}


def _recoverable(document: Document) -> Recoverable:
    message = document["message"]
    return Recoverable(
        id=outside(document["_id"]),
        mailbox_id=document["mailbox"],
        mailbox=document["name"],
        deleted_at=document["at"],
        kept_until=document["due"],
        blob=document["blob"],
        subject=message["subject"],
        sender=message["sender"],
        received_at=message["internal_date"],
        size=message["size"],
    )


def _kept(document: Document) -> Kept:
    message = document["message"]
    flags = [flag for flag in message["flags"] if flag != DELETED]
    copy = Copy(message["uid"], SEEN in flags, message["size"], {**message, "flags": flags})
    return Kept(outside(document["_id"]), document["mailbox"], outside(message["_id"]), copy)
