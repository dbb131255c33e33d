"""Who may write in whose name."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.sharing import Capacity, Delegation
from services.mail.store.burying import bury
from services.mail.store.cursors import every
from services.mail.store.ids import key

# The capacity of one that ended: it stays until its facts are published.
_ENDED = ""


class Delegations:
    """Collection `delegations`: one document for each owner and delegate."""

    indexes = (
        Index("delegations", (("owner", 1), ("delegate", 1))),
        Index("delegations", (("delegate", 1),)),
        outbox_index("delegations"),
    )

    def __init__(self, database: Any) -> None:
        self._delegations = database["delegations"]

    async def put(self, delegation: Delegation, facts: Sequence[Fact]) -> None:
        which = {"_id": key(delegation.owner, delegation.delegate)}
        fields = {
            "owner": delegation.owner,
            "delegate": delegation.delegate,
            "capacity": delegation.capacity.value,
        }
        change = with_facts({"$set": fields, "$unset": {"deleted": ""}}, *facts)
        await self._delegations.update_one(which, change, upsert=True)

    async def end(self, owner: str, delegate: str, facts: Sequence[Fact]) -> bool:
        """False when there was none."""
        which = {"_id": key(owner, delegate), "capacity": {"$gt": _ENDED}}
        change = with_facts({"$set": {"capacity": _ENDED, "deleted": True}}, *facts)
        return bool((await self._delegations.update_one(which, change)).matched_count)

    async def by(self, owner: str) -> list[Delegation]:
        """Those that an account or a function gave."""
        return _living(await every(self._delegations.find({"owner": owner})))

    async def to(self, delegate: str) -> list[Delegation]:
        """Those that an account was given."""
        return _living(await every(self._delegations.find({"delegate": delegate})))

    async def forget(self, account_id: str) -> None:
        """Of an account that is no more: those that it gave and was given. What was not published yet still will be."""
        for whose in ("owner", "delegate"):
            for found in await every(self._delegations.find({whose: account_id}, {"_id": 1})):
                await bury(self._delegations, found["_id"], ("owner", "delegate"))


def _living(found: Sequence[Mapping[str, Any]]) -> list[Delegation]:
    return [
        Delegation(document["owner"], document["delegate"], Capacity(document["capacity"]))
        for document in found
        if document["capacity"]
    ]
