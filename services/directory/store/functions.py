"""Functions as documents, each written together with the accounts that its address comes to or goes from."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from chassis.documents import Database, transaction
from chassis.events import document_with_facts, with_facts
from services.directory.domain.accounts import Account
from services.directory.domain.functions import Function
from services.directory.domain.tree import Tree
from services.directory.store.accounts import AccountStore
from services.directory.store.tree import TreeStore

Facts = Sequence[dict[str, Any]]
Told = Sequence[tuple[Account, Facts]]
_PLAIN = {"outbox": 0}
_ENDED = "ended"


class _Overtaken(Exception):
    """Somebody else changed an account or the function: roll back."""


class FunctionStore:
    """The collection `functions`. Its address is reserved among those of accounts, where what is unique is kept."""

    def __init__(self, database: Database, accounts: AccountStore, tree: TreeStore) -> None:
        self._database = database
        self._functions = database["functions"]
        self._accounts = accounts
        self._tree = tree

    async def insert(self, function: Function, facts: Facts, accounts: Told) -> bool:
        """False when an account was changed meanwhile. Raises `AlreadyExists` when somebody has the address."""
        document = {"_id": function.id, "unit": function.unit_id, **_document(function)}

        async def write(session: Any) -> None:
            await self._accounts.reserve(function.address, function.id, session)
            await self._functions.insert_one(document_with_facts(document, *facts), session=session)

        return await self._whole(write, accounts)

    async def replace(self, function: Function, facts: Facts, accounts: Told) -> bool:
        """Write a function one version further; False when somebody else was faster, there or at an account."""

        async def write(session: Any) -> None:
            await self._update(function, {"$set": _document(function)}, facts, session)

        return await self._whole(write, accounts)

    async def delete(self, function: Function, facts: Facts, accounts: Told) -> bool:
        """Leave a tombstone that tells of the end; the address is free."""
        gone = {
            _ENDED: True, "unit": _ENDED, "address": f"{_ENDED}.{function.id}", "standing": [],
            "holders": [], "fallback": "", "domain": _ENDED, "version": function.version,
        }  # fmt: skip

        async def write(session: Any) -> None:
            await self._update(function, {"$set": gone}, facts, session)
            await self._accounts.release(function.id, session)

        return await self._whole(write, accounts)

    async def purge(self) -> None:
        """Remove the tombstones that have told of their end."""
        async for found in self._functions.find({"unit": _ENDED}, {"pending": 1}):
            if "pending" not in found:
                await self._functions.delete_one({"_id": found["_id"]})

    async def find(self, function_id: str) -> Function | None:
        found = await self._functions.find_one({"_id": function_id}, _PLAIN)
        return _function(found, await self._tree.current()) if found and _ENDED not in found else None

    async def of_address(self, address: str) -> Function | None:
        found = await self._functions.find_one({"address": address}, _PLAIN)
        return _function(found, await self._tree.current()) if found and _ENDED not in found else None

    async def standing(self, account_id: str) -> list[Function]:
        """Functions whose address an account has now, as a holder or standing in."""
        return await self._all({"standing": account_id})

    async def naming(self, account_id: str) -> list[Function]:
        """Functions that an account holds, or whose fallback it is."""
        found = [*await self._all({"holders": account_id}), *await self._all({"fallback": account_id})]
        return list({function.id: function for function in found}.values())

    async def page(self, units: Sequence[str] | None, after: str, count: int) -> list[Function]:
        """Up to `count` functions of some units (None: all) whose address follows `after`."""
        among: dict[str, Any] = {"address": {"$gt": after}}
        if units is None:
            found = await self._all(among, count)
        else:
            # Each unit has its own few functions.
            found = [each for unit in units for each in await self._all({"unit": unit, **among}, count)]
        return sorted(found, key=lambda function: function.address)[:count]

    async def every(self, ids: Sequence[str] = ()) -> AsyncIterator[Function]:
        """All functions, or those of some ids, streamed."""
        tree = await self._tree.current()
        wanted = {"_id": {"$in": list(ids)}} if ids else {"_id": {"$gt": ""}}
        async for document in self._functions.find(wanted, _PLAIN):
            if _ENDED not in document:
                yield _function(document, tree)

    async def _all(self, among: dict[str, Any], count: int = 0) -> list[Function]:
        tree = await self._tree.current()
        cursor = self._functions.find(among, _PLAIN).sort("address", 1)
        found: list[Function] = []
        async for document in cursor:
            if _ENDED not in document:
                found.append(_function(document, tree))
            if count and len(found) >= count:
                break
        return found

    async def _update(self, function: Function, update: dict[str, Any], facts: Facts, session: Any) -> None:
        before = {"_id": function.id, "version": function.version - 1}
        answer = await self._functions.update_one(before, with_facts(update, *facts), session=session)
        if not answer.matched_count:
            raise _Overtaken

    async def _whole(self, write: Any, accounts: Told) -> bool:
        async def all_of_it(session: Any) -> None:
            await write(session)
            for account, facts in accounts:
                if not await self._accounts.replace(account, facts, session):
                    raise _Overtaken

        try:
            await transaction(self._database, all_of_it)
        except _Overtaken:
            return False
        return True


def _document(function: Function) -> dict[str, Any]:
    return {
        "address": function.address,
        "domain": function.domain,
        "title": function.title,
        "holders": list(function.holders),
        "fallback": function.fallback_id,
        "standing": list(function.standing),
        "created_at": function.created_at,
        "changed_at": function.changed_at,
        "version": function.version,
        "own_mailbox": function.own_mailbox,
    }


def _function(document: Mapping[str, Any], tree: Tree) -> Function:
    heir = tree.heir(document["unit"])
    return Function(
        id=document["_id"],
        address=document["address"],
        title=document["title"],
        unit_id=heir.id if heir is not None else document["unit"],
        created_at=document["created_at"],
        changed_at=document["changed_at"],
        holders=tuple(document["holders"]),
        fallback_id=document["fallback"],
        version=document["version"],
        own_mailbox=document.get("own_mailbox", False),
    )
