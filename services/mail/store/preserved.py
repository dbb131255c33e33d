"""Messages that their owners have no more, kept for matters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chassis.documents import Index
from chassis.errors import NotFound
from chassis.ids import new_id
from services.mail.domain.matters import Preserved
from services.mail.domain.message import Message, Source
from services.mail.store.cursors import Document, every
from services.mail.store.encoding import message, source
from services.mail.store.ids import key, outside, under


class PreservedMessage(NamedTuple):
    """`id` is its own, not the message's; `terms` are the message's, if they were kept already."""

    id: str
    mailbox: str
    why: str
    at: datetime
    message: Message
    source: Source
    terms: bytes | None


class PreservedMessages:
    """Collection `preserved`: one document a message, which has the message's own in it."""

    indexes = (Index("preserved", (("blob", 1),)),)

    def __init__(self, database: Any) -> None:
        self._preserved = database["preserved"]

    async def insert(
        self, owner: str, kept: Sequence[tuple[Preserved, Mapping[str, Any]]], at: datetime, *, session: Any
    ) -> None:
        """Documents of messages, and why each is kept. Their ids here grow with time."""
        documents = [
            {
                "_id": key(owner, new_id()),
                "owner": owner,
                "mailbox": place.mailbox_id,
                "name": place.mailbox,
                "why": place.why,
                "at": at,
                "blob": document["blob"],
                "message": dict(document),
            }
            for place, document in kept
        ]
        await self._preserved.insert_many(documents, session=session)

    async def page(self, owner: str, after: str, most: int) -> list[PreservedMessage]:
        """The eldest first."""
        query = {"_id": under(owner) | ({"$gt": key(owner, after)} if after else {})}
        return [_told(each) for each in await every(self._preserved.find(query).sort("_id", 1).limit(most))]

    async def get(self, owner: str, preserved_id: str) -> PreservedMessage:
        """Raises `NotFound`."""
        found = await self._preserved.find_one({"_id": key(owner, preserved_id)})
        if found is None:
            raise NotFound("No such message")
        return _told(found)

    async def remove_all(self, owner: str) -> bool:
        """Whether there was something."""
        return bool((await self._preserved.delete_many({"_id": under(owner)})).deleted_count)

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that a preserved message names."""
        found = await every(self._preserved.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}


def _told(document: Document) -> PreservedMessage:
    return preserved(document, document["why"])


def preserved(document: Document, why: str) -> PreservedMessage:
    """From a document that has the message's own in it."""
    inner = document["message"]
    return PreservedMessage(
        outside(document["_id"]),
        document["name"],
        why,
        document["at"],
        message(inner),
        source(inner),
        inner.get("terms"),
    )
