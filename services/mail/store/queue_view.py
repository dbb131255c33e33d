"""Collection `queue` as operators see and change it. An entry that a relay has claimed is left to the relay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, with_facts
from services.mail.domain.queue import HELD_UNTIL, Entry, Outcome
from services.mail.store.cursors import pieces
from services.mail.store.queue import entry_of, recipient_document


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry and its document's id, by which operators name it. `claimed`: a relay has it, or died with it."""

    id: str
    entry: Entry
    claimed: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is None or empty does not matter."""

    domain: str = ""
    sender: str = ""
    accepted_before: datetime | None = None
    held: bool = False


@dataclass(slots=True)
class Destination:
    """What waits for a domain."""

    domain: str
    oldest_at: datetime
    entries: int = 0
    held: int = 0


class QueueView:
    """Entries of all owners, by their documents' ids."""

    indexes = (
        Index("queue", (("domain", 1), ("_id", 1))),
        Index("queue", (("sender", 1), ("_id", 1))),
    )

    def __init__(self, database: Any) -> None:
        self._queue = database["queue"]

    async def page(self, wanted: Wanted, after: str, limit: int) -> list[Seen]:
        """Those after an id, in the order of ids."""
        query: dict[str, Any] = {"_id": {"$gt": after}, "due": {"$exists": True}}
        if wanted.domain:
            query["domain"] = wanted.domain
        if wanted.sender:
            query["sender"] = wanted.sender
        if wanted.accepted_before is not None:
            query["accepted_at"] = {"$lt": wanted.accepted_before}
        if wanted.held:
            query["held"] = {"$exists": True}
        found = self._queue.find(query).sort("_id", 1).limit(limit)
        return [_seen(document) for document in await found.to_list(limit)]

    async def find(self, id_: str) -> Seen | None:
        """What is not done with."""
        found = await self._queue.find_one({"_id": id_, "due": {"$exists": True}})
        return _seen(found) if found is not None else None

    async def destinations(self) -> list[Destination]:
        """What waits for each domain, the most first."""
        known: dict[str, Destination] = {}
        found = self._queue.find({"due": {"$exists": True}}, {"domain": 1, "accepted_at": 1, "held": 1})
        async for some in pieces(found):
            for document in some:
                domain, at = document["domain"], document["accepted_at"]
                each = known.setdefault(domain, Destination(domain, at))
                each.entries += 1
                each.held += "held" in document
                each.oldest_at = min(each.oldest_at, at)
        return sorted(known.values(), key=lambda each: (-each.entries, each.domain))

    async def hold(self, seen: Seen, at: datetime, by: str, told: Sequence[Fact]) -> bool:
        """These four change what was seen, and are false when it is no more as it was seen."""
        return await self._changed(seen, {"due": HELD_UNTIL, "held": {"at": at, "by": by}}, (), told)

    async def try_at(self, seen: Seen, at: datetime, told: Sequence[Fact]) -> bool:
        return await self._changed(seen, {"due": at, "urgent": True}, ("held",), told)

    async def fail(self, seen: Seen, outcome: Outcome, at: datetime, told: Sequence[Fact]) -> bool:
        """All who were still to be tried have failed; a relay tells its sender."""
        failed = [replace(waiting, last=outcome) for waiting in seen.entry.open]
        recipients = [recipient_document(each) for each in (*failed, *seen.entry.failed, *seen.entry.relayed)]
        return await self._changed(seen, {"due": at, "recipients": recipients}, ("held",), told)

    async def end(self, seen: Seen, at: datetime, told: Sequence[Fact]) -> bool:
        """Nothing is left to be done."""
        return await self._changed(seen, {"recipients": [], "done": at}, ("due", "held"), told)

    async def _changed(
        self, seen: Seen, values: Mapping[str, Any], without: Sequence[str], told: Sequence[Fact]
    ) -> bool:
        was = {"_id": seen.id, "due": seen.entry.due}
        # A claim that is left is a dead relay's.
        update = {"$set": dict(values), "$unset": dict.fromkeys((*without, "claimed"), "")}
        return bool((await self._queue.update_one(was, with_facts(update, *told))).matched_count)


def _seen(document: Mapping[str, Any]) -> Seen:
    return Seen(document["_id"], entry_of(document), document.get("claimed", False))
