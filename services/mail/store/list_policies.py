"""Who moderates distribution lists, as documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.moderation import CLOSED, ListPolicy
from services.mail.store.cursors import Document, every


class ListPolicies:
    """Collection `list_policies`: one document for each list that ever had moderators."""

    indexes: tuple[Index, ...] = (outbox_index("list_policies"), Index("list_policies", (("moderators", 1),)))

    def __init__(self, database: Any) -> None:
        self._policies = database["list_policies"]

    async def get(self, list_id: str) -> ListPolicy | None:
        found = await self._policies.find_one({"_id": list_id})
        return _policy(found) if found is not None else None

    async def put(self, policy: ListPolicy, facts: Sequence[Fact]) -> None:
        """Instead of whatever was said of the list before; how many letters wait, and when moderators were asked,
        stays."""
        fields = {
            "moderators": list(policy.moderators),
            "moderated": policy.moderated,
            "unit_path": list(policy.unit_path),
            "outside": policy.outside,
        }
        await self._policies.update_one({"_id": policy.list_id}, with_facts({"$set": fields}, *facts), upsert=True)

    async def moderated_by(self, ids: Sequence[str]) -> list[str]:
        """The lists that name one of these, accounts or functions, as a moderator."""
        found = self._policies.find({"moderators": {"$in": list(ids)}}, {"_id": 1})
        return [each["_id"] for each in await every(found)]

    async def take_place(self, list_id: str, *, session: Any) -> int:
        """One more letter from outside waits; how many do. In the transaction that keeps it."""
        await self._policies.update_one({"_id": list_id}, {"$inc": {"waiting": 1}}, session=session)
        found = await self._policies.find_one({"_id": list_id}, {"waiting": 1}, session=session)
        return int(found["waiting"]) if found is not None else 0

    async def give_place_back(self, list_id: str, *, session: Any) -> None:
        """It waits no more. In the transaction that takes it out."""
        await self._policies.update_one({"_id": list_id}, {"$inc": {"waiting": -1}}, session=session)

    async def asked(self, list_id: str, *, session: Any) -> datetime | None:
        """When its moderators were asked of a letter from outside last."""
        found = await self._policies.find_one({"_id": list_id}, {"asked": 1}, session=session)
        return found.get("asked") if found is not None else None

    async def note_asked(self, list_id: str, now: datetime, *, session: Any) -> None:
        """In the transaction that asks them."""
        await self._policies.update_one({"_id": list_id}, {"$set": {"asked": now}}, session=session)

    async def forget_moderator(self, account_id: str) -> None:
        """One that is no more moderates nothing."""
        await self._policies.update_many({"moderators": account_id}, {"$pull": {"moderators": account_id}})


def _policy(document: Document) -> ListPolicy:
    return ListPolicy(
        document["_id"],
        tuple(document["moderators"]),
        document["moderated"],
        tuple(document["unit_path"]),
        document.get("outside", CLOSED),
        document.get("waiting", 0),
    )
