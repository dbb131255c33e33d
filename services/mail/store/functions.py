"""Functions, as directory tells of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Index
from chassis.events.projections import apply_version
from services.mail.domain.sharing import Function
from services.mail.store.cursors import every


class Functions:
    """Collection `functions`: a projection; older facts never undo newer ones. One that ended has no address."""

    indexes = (
        Index("functions", (("standing", 1),)),
        Index("functions", (("address", 1),)),
        Index("functions", (("ended_in", 1), ("_id", 1))),
    )

    def __init__(self, database: Any) -> None:
        self._functions = database["functions"]

    async def told(self, function: Function) -> bool:
        """Whether that was news."""
        fields = {
            "address": function.address,
            "standing": list(function.standing),
            "own_mailbox": function.own_mailbox,
            "unit_path": list(function.unit_path),
            "former_address": function.former_address,
            # Which units it was of, once it has ended.
            "ended_in": list(function.unit_path) if function.former_address else [],
        }
        return await apply_version(self._functions, function.id, function.version, fields)

    async def get(self, function_id: str) -> Function | None:
        found = await self._functions.find_one({"_id": function_id})
        return _function(found) if found is not None and found["address"] else None

    async def ended(self, function_id: str) -> Function | None:
        """One that has ended."""
        found = await self._functions.find_one({"_id": function_id})
        return _function(found) if found is not None and found.get("former_address") else None

    async def ended_in(self, unit_id: str, after: str, count: int) -> list[Function]:
        """Up to `count` that have ended in a unit or below it, by their ids, which follow `after`."""
        asked = self._functions.find({"ended_in": unit_id, "_id": {"$gt": after}}).sort("_id", 1).limit(count)
        return [_function(found) for found in await every(asked)]

    async def held_by(self, account_id: str) -> list[Function]:
        return [_function(found) for found in await every(self._functions.find({"standing": account_id}))]

    async def of_addresses(self, addresses: Sequence[str]) -> list[Function]:
        wanted = [address for address in addresses if address]
        return [_function(found) for found in await every(self._functions.find({"address": {"$in": wanted}}))]


def _function(document: Mapping[str, Any]) -> Function:
    return Function(
        id=document["_id"],
        address=document["address"],
        standing=tuple(document["standing"]),
        own_mailbox=document["own_mailbox"],
        version=document["version"],
        unit_path=tuple(document.get("unit_path", ())),
        former_address=document.get("former_address", ""),
    )
