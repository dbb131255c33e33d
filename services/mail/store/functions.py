"""Functions, as directory tells of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Index
from chassis.events.projections import apply_version
from services.mail.domain.sharing import Function
from services.mail.store.cursors import every


class Functions:
    """Collection `functions`: a projection; older facts never undo newer ones. One that ended has no address."""

    indexes = (Index("functions", (("standing", 1),)), Index("functions", (("address", 1),)))

    def __init__(self, database: Any) -> None:
        self._functions = database["functions"]

    async def told(self, function: Function) -> bool:
        """Whether that was news."""
        fields = {
            "address": function.address,
            "standing": list(function.standing),
            "own_mailbox": function.own_mailbox,
        }
        return await apply_version(self._functions, function.id, function.version, fields)

    async def get(self, function_id: str) -> Function | None:
        found = await self._functions.find_one({"_id": function_id})
        return _function(found) if found is not None and found["address"] else None

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
    )
