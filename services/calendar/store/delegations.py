"""Delegations as documents; one that ended is told of, and then is no more."""

from typing import Any

from chassis.documents import Database, Index
from chassis.events import Fact, outbox_index, with_facts
from services.calendar.domain.access import Role
from services.calendar.domain.delegations import Delegation, id_of


class DelegationStore:
    """The collection `delegations`."""

    indexes = (
        Index("delegations", (("owner", 1),)),
        Index("delegations", (("delegate", 1),)),
        outbox_index("delegations"),
    )

    def __init__(self, database: Database) -> None:
        self._delegations = database["delegations"]

    async def find(self, owner: str, delegate: str) -> Delegation | None:
        found = await self._delegations.find_one({"_id": id_of(owner, delegate), "ended": False})
        return _delegation(found) if found is not None else None

    async def given_by(self, owner: str) -> list[Delegation]:
        return await self._found({"owner": owner})

    async def held_by(self, delegate: str) -> list[Delegation]:
        return await self._found({"delegate": delegate})

    async def _found(self, which: dict[str, Any]) -> list[Delegation]:
        documents = [each async for each in self._delegations.find(which)]
        return sorted((_delegation(each) for each in documents if not each["ended"]), key=lambda each: each.id)

    async def version(self, owner: str, delegate: str) -> int:
        """Of the last that was said of the two; 0 for nothing."""
        found = await self._delegations.find_one({"_id": id_of(owner, delegate)}, {"version": 1})
        return int(found["version"]) if found is not None else 0

    async def keep(self, delegation: Delegation, *facts: Fact) -> None:
        said = {
            "owner": delegation.owner,
            "delegate": delegation.delegate,
            "role": int(delegation.role),
            "sees_private": delegation.sees_private,
            "created_at": delegation.created_at,
            "version": delegation.version,
            "ended": False,
        }
        await self._delegations.update_one({"_id": delegation.id}, with_facts({"$set": said}, *facts), upsert=True)

    async def end(self, delegation: Delegation, *facts: Fact) -> None:
        update = with_facts({"$set": {"ended": True, "version": delegation.version}}, *facts)
        await self._delegations.update_one({"_id": delegation.id}, update)

    async def forget(self, account: str) -> None:
        """All of whoever is no more."""
        await self._delegations.delete_many({"owner": account})
        await self._delegations.delete_many({"delegate": account})


def _delegation(document: dict[str, Any]) -> Delegation:
    return Delegation(
        owner=document["owner"],
        delegate=document["delegate"],
        role=Role(document["role"]),
        sees_private=document["sees_private"],
        created_at=document["created_at"],
        version=document["version"],
    )
