"""Work of which each piece is for one worker at a time, however many look for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.mail.store.cursors import Document


async def claim_due(
    collection: Any, now: datetime, lease: timedelta, most: int, as_seen: Sequence[str] = ()
) -> list[Document]:
    """Up to `most` documents that are `due`, each for whoever claims it first: it is due again after the lease, by
    which a claim is known. One whose `as_seen` fields changed meanwhile is left to the next round."""
    claimed, until = [], now + lease
    for found in await collection.find({"due": {"$lte": now}}).to_list(most):
        seen = {name: found[name] for name in ("_id", "due", *as_seen)}
        if (await collection.update_one(seen, {"$set": {"due": until}})).modified_count:
            claimed.append({**found, "due": until})
    return claimed
