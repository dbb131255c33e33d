"""Projections of other services' facts: only what is newer is applied, so that an old fact undoes nothing."""

from collections.abc import Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError


async def apply_version(
    collection: Any, document_id: str, version: int, fields: Mapping[str, Any], *, session: Any = None
) -> bool:
    """Set `fields` in the document unless it is of this version or a newer one already; whether it was set."""
    older = {"_id": document_id, "version": {"$lt": version}}
    try:
        await collection.update_one(older, {"$set": {**fields, "version": version}}, upsert=True, session=session)
    except DuplicateKeyError:  # there is one, and it is not older
        return False
    return True
