"""How long accounts and units were told to keep mail, as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.allotment import Holder
from services.mail.domain.retention import FIELDS, Given
from services.mail.store.burying import bury
from services.mail.store.cursors import Document, every
from services.mail.store.ids import holder_key
from services.mail.store.leases import claim_due


@dataclass(frozen=True, slots=True)
class Walk:
    """A claimed policy: whose it is, the account up to which its mail was looked at, and until when it is claimed."""

    holder: Holder
    holder_id: str
    after: str
    until: datetime


class RetentionPolicies:
    """Collection `retention_policies`: one document for each account or unit that was ever given something. One that
    removes what is old is `due` for the next walk, which is at `after`."""

    indexes: tuple[Index, ...] = (
        Index("retention_policies", (("due", 1),), sparse=True),
        outbox_index("retention_policies"),
    )

    def __init__(self, database: Any) -> None:
        self._policies = database["retention_policies"]

    async def among(self, holders: Sequence[tuple[Holder, str]]) -> list[Given]:
        """What these were given, in their order."""
        keys = [holder_key(*holder) for holder in holders]
        found = {each["_id"]: each for each in await every(self._policies.find({"_id": {"$in": keys}}))}
        return [Given(*holder, _fields(found[key])) for holder, key in zip(holders, keys, strict=True) if key in found]

    async def give(
        self, holder: Holder, holder_id: str, fields: Mapping[str, int], due: datetime | None, facts: Sequence[Fact]
    ) -> None:
        """Instead of whatever it was given before; `due`: when it begins to remove something."""
        change: Document = {"$set": {"fields": dict(fields)} | ({"due": due} if due is not None else {})}
        change["$unset"] = {"after": ""} if due is not None else {"due": "", "after": ""}
        await self._policies.update_one({"_id": holder_key(holder, holder_id)}, with_facts(change, *facts), upsert=True)

    async def forget(self, holder: Holder, holder_id: str) -> None:
        """Of who is no more. What was not published yet still will be."""
        await bury(self._policies, holder_key(holder, holder_id), ("fields", "due"))

    async def claim_due(self, now: datetime, lease: timedelta, most: int) -> list[Walk]:
        """Those that are to be walked, each for whoever claims it first; they are due again after the lease."""
        found = await claim_due(self._policies, now, lease, most)
        return [_walk(each) for each in found]

    async def passed(self, walk: Walk, after: str, due: datetime) -> Walk | None:
        """It is at this account, and due again then. None where it is not the walk's any more: it was given anew, or
        somebody else has it."""
        claimed = {"_id": holder_key(walk.holder, walk.holder_id), "due": walk.until}
        change = {"$set": {"after": after, "due": due}}
        updated = await self._policies.update_one(claimed, change)
        return replace(walk, after=after, until=due) if updated.matched_count else None


def _fields(document: Document) -> dict[str, int]:
    given = document.get("fields", {})
    return {name: given[name] for name in FIELDS if name in given}


def _walk(document: Document) -> Walk:
    holder, _, holder_id = document["_id"].partition(" ")
    return Walk(Holder(holder), holder_id, document.get("after", ""), document["due"])
