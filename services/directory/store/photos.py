"""A photo as an account's document keeps it, and whose a blob is."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Database
from services.directory.domain.photos import Photo, Rendition

# By which the sweep asks whether a blob is named.
PHOTO_BLOB = "photo.renditions.address"


class PhotoStore:
    """The photos within the collection `accounts`."""

    def __init__(self, database: Database) -> None:
        self._accounts = database["accounts"]

    async def named(self, addresses: Sequence[str]) -> set[str]:
        """Those among some blobs that a photo is made of; a question each, as the embedded database reads a whole
        collection for `$in` upon an array."""
        return {each for each in addresses if await self._accounts.find_one({PHOTO_BLOB: each}, {"_id": 1})}


def photo_kept(photo: Photo) -> dict[str, Any]:
    return {"etag": photo.etag, "renditions": [vars(each) for each in photo.renditions]}


def photo_read(document: Mapping[str, Any] | None) -> Photo | None:
    """None for an account without."""
    if document is None:
        return None
    return Photo(document["etag"], tuple(Rendition(**each) for each in document["renditions"]))
