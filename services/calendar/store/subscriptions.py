"""Subscriptions as documents. Whoever fetches one claims it first: it is due again later, should it never say more."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Database, Index
from services.calendar.domain.subscriptions import Subscription


class SubscriptionStore:
    """The collection `subscriptions`."""

    indexes = (Index("subscriptions", (("owner", 1),)), Index("subscriptions", (("due_at", 1),)))

    def __init__(self, database: Database) -> None:
        self._subscriptions = database["subscriptions"]

    async def insert(self, subscription: Subscription) -> None:
        await self._subscriptions.insert_one({"_id": subscription.calendar, **_said(subscription)})

    async def of(self, owner: str) -> list[Subscription]:
        found = [_subscription(each) async for each in self._subscriptions.find({"owner": owner})]
        return sorted(found, key=lambda each: each.calendar)

    async def find(self, calendar: str) -> Subscription | None:
        found = await self._subscriptions.find_one({"_id": calendar})
        return _subscription(found) if found is not None else None

    async def due(self, now: datetime, busy: Collection[str]) -> Subscription | None:
        """The one that has been due for longest, of those at none of the `busy` hosts."""
        which: dict[str, Any] = {"due_at": {"$lte": now}}
        if busy:
            which["host"] = {"$nin": list(busy)}
        found = self._subscriptions.find(which).sort("due_at", 1).hint([("due_at", 1)]).limit(1)
        return next((_subscription(each) for each in await found.to_list(1)), None)

    async def claim(self, subscription: Subscription, until: datetime) -> bool:
        """Whether it is ours to fetch, until then."""
        unclaimed = {"_id": subscription.calendar, "due_at": subscription.due_at}
        answer = await self._subscriptions.update_one(unclaimed, {"$set": {"due_at": until}})
        return bool(answer.matched_count)

    async def keep(self, subscription: Subscription) -> None:
        """Where it is still there, and the same."""
        which = {"_id": subscription.calendar, "epoch": subscription.epoch}
        await self._subscriptions.update_one(which, {"$set": _said(subscription)})

    async def remove(self, calendar: str) -> None:
        await self._subscriptions.delete_one({"_id": calendar})


def _said(subscription: Subscription) -> dict[str, Any]:
    said = asdict(subscription)
    del said["calendar"]
    return said | {"host": subscription.host, "every": subscription.every.total_seconds()}


def _subscription(document: Mapping[str, Any]) -> Subscription:
    given = {name: document[name] for name in Subscription.__dataclass_fields__ if name != "calendar"}
    return Subscription(**given | {"calendar": document["_id"], "every": timedelta(seconds=document["every"])})
