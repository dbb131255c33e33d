"""Files on their way into drafts, as documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.documents import Index
from chassis.errors import NotFound
from services.mail.store.cursors import every
from services.mail.store.ids import key, outside, under

KEPT_SECONDS = 2 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file as far as it has come. `pieces`: blob and octets of each, in order."""

    id: str
    filename: str
    content_type: str
    size: int
    received: int
    pieces: tuple[tuple[str, int], ...]
    at: datetime


class Uploads:
    """Collection `uploads`: one document a file, gone two days after its last piece."""

    indexes = (
        Index("uploads", (("blobs", 1),)),
        Index("uploads", (("at", 1),), expire_seconds=KEPT_SECONDS),
    )

    def __init__(self, database: Any) -> None:
        self._uploads = database["uploads"]

    async def insert(self, owner: str, upload: Uploaded) -> None:
        document = {
            "_id": key(owner, upload.id),
            "owner": owner,
            "filename": upload.filename,
            "content_type": upload.content_type,
            "size": upload.size,
            "received": 0,
            "blobs": [],
            "sizes": [],
            "at": upload.at,
        }
        await self._uploads.insert_one(document)

    async def get(self, owner: str, upload_id: str) -> Uploaded:
        """Raises `NotFound`."""
        found = await self._uploads.find_one({"_id": key(owner, upload_id)})
        if found is None:
            raise NotFound("No such upload")
        return Uploaded(
            id=outside(found["_id"]),
            filename=found["filename"],
            content_type=found["content_type"],
            size=found["size"],
            received=found["received"],
            pieces=tuple(zip(found["blobs"], found["sizes"], strict=True)),
            at=found["at"],
        )

    async def announced(self, owner: str) -> tuple[int, int]:
        """How many files an account has on their way, and their octets."""
        found = await every(self._uploads.find({"_id": under(owner)}, {"size": 1}))
        return len(found), sum(document["size"] for document in found)

    async def add_piece(self, owner: str, upload_id: str, offset: int, blob: str, size: int, at: datetime) -> bool:
        """False when another piece was faster."""
        updated = await self._uploads.update_one(
            {"_id": key(owner, upload_id), "received": offset},
            {"$inc": {"received": size}, "$push": {"blobs": blob, "sizes": size}, "$set": {"at": at}},
        )
        return bool(updated.modified_count)

    async def remove(self, owner: str, upload_ids: Sequence[str]) -> int:
        wanted = [key(owner, upload_id) for upload_id in upload_ids]
        return int((await self._uploads.delete_many({"_id": {"$in": wanted}})).deleted_count)

    async def remove_all(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._uploads.delete_many({"_id": under(owner)})

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that a file is made of."""
        found = await every(self._uploads.find({"blobs": {"$in": list(addresses)}}, {"_id": 0, "blobs": 1}))
        return {blob for document in found for blob in document["blobs"]} & set(addresses)
