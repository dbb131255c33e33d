"""What is kept of attached files, one small document each, and which of their blobs are named."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Database, Index
from services.calendar.domain.attachments import Attachment

AT_ONCE = 200


class AttachmentStore:
    """The collection `attachments`. `look_at` is when a round asks whether an object still carries it."""

    indexes = (
        Index("attachments", (("owner", 1),)),
        Index("attachments", (("blob", 1),)),
        Index("attachments", (("look_at", 1),)),
    )

    def __init__(self, database: Database) -> None:
        self._attachments = database["attachments"]

    async def insert(self, attachment: Attachment, look_at: datetime) -> None:
        document = {**vars(attachment), "look_at": look_at}
        document["_id"] = document.pop("id")
        await self._attachments.insert_one(document)

    async def find(self, attachment_id: str) -> Attachment | None:
        found = await self._attachments.find_one({"_id": attachment_id})
        return _attachment(found) if found is not None else None

    async def those(self, ids: Sequence[str]) -> dict[str, Attachment]:
        """Those of some ids that are there."""
        if not ids:
            return {}
        cursor = self._attachments.find({"_id": {"$in": list(ids)}})
        return {each["_id"]: _attachment(each) async for each in cursor}

    async def used(self, owner: str) -> tuple[int, int]:
        """How many an owner has, and their octets."""
        found = [each["octets"] async for each in self._attachments.find({"owner": owner}, {"octets": 1})]
        return len(found), sum(found)

    async def look_again(self, ids: Sequence[str], at: datetime, session: Any = None) -> bool:
        """Ask of them at a moment; False where one is gone. Within the write that names or drops them."""
        update = {"$set": {"look_at": at}}
        answer = await self._attachments.update_many({"_id": {"$in": list(ids)}}, update, session=session)
        return bool(answer.matched_count == len(set(ids)))

    async def due(self, now: datetime) -> list[tuple[Attachment, datetime]]:
        """Some of those to be asked of, each with since when."""
        cursor = self._attachments.find({"look_at": {"$lt": now}}).limit(AT_ONCE)
        return [(_attachment(each), each["look_at"]) for each in await cursor.to_list(AT_ONCE)]

    async def keep(self, attachment: Attachment, since: datetime, until: datetime) -> None:
        """It is carried: ask again then, unless somebody wants to know before."""
        which = {"_id": attachment.id, "look_at": since}
        await self._attachments.update_one(which, {"$set": {"look_at": until}})

    async def remove(self, attachment: Attachment, since: datetime) -> bool:
        """False where an object came to name it meanwhile."""
        return bool((await self._attachments.delete_one({"_id": attachment.id, "look_at": since})).deleted_count)

    async def named(self, addresses: Sequence[str]) -> set[str]:
        """Those among some blobs that an attachment is made of."""
        cursor = self._attachments.find({"blob": {"$in": list(addresses)}}, {"blob": 1})
        return {each["blob"] async for each in cursor}


def _attachment(document: dict[str, Any]) -> Attachment:
    return Attachment(
        id=document["_id"],
        owner=document["owner"],
        filename=document["filename"],
        media_type=document["media_type"],
        octets=document["octets"],
        blob=document["blob"],
        created_at=document["created_at"],
    )
