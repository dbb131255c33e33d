"""Removing documents that may still have facts to publish."""

from collections.abc import Sequence
from typing import Any


async def bury(collection: Any, document_id: str, emptied: Sequence[str] = ()) -> bool:
    """Remove a document; one whose facts are still to be published loses its `emptied` fields, and goes after them.
    Whether there was something."""
    change: dict[str, Any] = {"$set": {"deleted": True}}
    if emptied:
        change["$unset"] = dict.fromkeys(emptied, "")
    unpublished = {"_id": document_id, "pending": 1, "deleted": {"$ne": True}}
    buried = await collection.update_one(unpublished, change)
    gone = await collection.delete_one({"_id": document_id, "pending": {"$exists": False}})
    return bool(buried.modified_count or gone.deleted_count)
