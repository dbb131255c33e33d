"""Groups as documents. Their members are arrays in them, so that a group and its members are one version."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, transaction
from chassis.errors import AlreadyExists
from chassis.events import document_with_facts, with_facts
from services.directory.domain.groups import MEMBERS, Group, Nesting, Rule
from services.directory.domain.tree import Tree
from services.directory.store.accounts import AccountStore
from services.directory.store.tree import TreeStore

Facts = Sequence[dict[str, Any]]
_NESTING = "nesting"
_PLAIN = {"outbox": 0}
_BARE = {"outbox": 0, "accounts": 0, "groups": 0}


class GroupStore:
    """The collection `groups`, and in `structure` the count of changes to which group holds which.

    Its address is reserved among those of accounts, where what is unique is kept.
    """

    def __init__(self, database: Database, accounts: AccountStore, tree: TreeStore) -> None:
        self._database = database
        self._accounts = accounts
        self._tree = tree
        self._groups = database["groups"]
        self._structure = database["structure"]

    async def insert(self, group: Group, facts: Facts) -> None:
        """Raises `AlreadyExists` when a group of the unit has the name, in whatever case and accents, or somebody has
        the address."""
        # The unit is written when it is chosen; that it was merged into another is the tree's to know.
        document = {"_id": group.id, "unit": group.unit_id, **_document(group)}

        async def write(session: Any) -> None:
            if group.address:
                await self._accounts.reserve(group.address, group.id, session)
            try:
                await self._groups.insert_one(document_with_facts(document, *facts), session=session)
            except DuplicateKeyError as error:
                raise _taken() from error

        await (transaction(self._database, write) if group.address else write(None))

    async def replace(self, group: Group, facts: Facts, session: Any = None) -> bool:
        """Write a group one version further; False when somebody else was faster. Raises `AlreadyExists`, also for an
        address that somebody has."""
        kept = await self.find(group.id)
        if kept is None or kept.address == group.address:
            return await self._write(group, kept, facts, session)

        async def whole(within: Any) -> bool:
            if not await self._write(group, kept, facts, within):
                return False
            await self._accounts.release(group.id, within)
            if group.address:
                await self._accounts.reserve(group.address, group.id, within)
            return True

        return await (whole(session) if session is not None else transaction(self._database, whole))

    async def _write(self, group: Group, kept: Group | None, facts: Facts, session: Any) -> bool:
        before = {"_id": group.id, "version": group.version - 1}
        document = _document(group)
        if kept is not None and kept.unit_id != group.unit_id:
            document["unit"] = group.unit_id
        try:
            answer = await self._groups.update_one(before, with_facts({"$set": document}, *facts), session=session)
        except DuplicateKeyError as error:
            raise _taken() from error
        return bool(answer.matched_count)

    async def replace_nesting(self, group: Group, facts: Facts, upon: int) -> bool:
        """The same of a group that holds other groups than before, while the nesting is as it was judged."""

        async def whole(session: Any) -> bool:
            known = {"_id": _NESTING, "version": upon}
            counted = await self._structure.update_one(known, {"$inc": {"version": 1}}, session=session)
            if not counted.matched_count:
                return False
            return await self.replace(group, facts, session)

        return await transaction(self._database, whole)

    async def delete(self, group: Group, facts: Facts) -> bool:
        """Leave a tombstone that tells of the end; it goes when it is told, and its address is free. False when
        somebody else was faster."""
        before = {"_id": group.id, "version": group.version - 1}
        gone = {
            "unit": "gone",
            "key": group.id,
            "accounts": [],
            "groups": [],
            "gone": True,
            "version": group.version,
            "domain": None,
        }
        update: dict[str, Any] = {"$set": gone, "$unset": {"rule": "", "rule_unit": ""}}

        async def write(session: Any) -> bool:
            answer = await self._groups.update_one(before, with_facts(update, *facts), session=session)
            if answer.matched_count and group.address:
                await self._accounts.release(group.id, session)
            return bool(answer.matched_count)

        return await (transaction(self._database, write) if group.address else write(None))

    async def purge(self) -> None:
        """Remove the tombstones that have told of their end."""
        async for found in self._groups.find({"unit": "gone"}, {"pending": 1}):
            if "pending" not in found:
                await self._groups.delete_one({"_id": found["_id"]})

    async def find(self, group_id: str) -> Group | None:
        found = await self._groups.find_one({"_id": group_id}, _PLAIN)
        return _group(found, await self._tree.current()) if found and not found.get("gone") else None

    async def of_address(self, address: str) -> Group | None:
        """The distribution list that an address is of."""
        holder = await self._accounts.holder_of(address)
        return await self.find(holder) if holder else None

    async def nesting(self) -> tuple[Nesting, int]:
        """Which group holds which, and the count under which that was so."""
        found = await self._structure.find_one({"_id": _NESTING})
        if found is None:
            try:
                await self._structure.insert_one({"_id": _NESTING, "version": 0})
            except DuplicateKeyError:
                return await self.nesting()
        cursor = self._groups.find({"groups": {"$gt": ""}}, {"groups": 1})
        return Nesting({each["_id"]: tuple(each["groups"]) async for each in cursor}), found["version"] if found else 0

    async def page(self, units: Sequence[str] | None, after: str, count: int) -> list[Group]:
        """Up to `count` groups of some units (None: all) whose `<key>\\0<id>` follows `after`, in that order."""
        among: dict[str, Any] = {"key": {"$gte": after.partition("\0")[0]}}
        if units is not None:
            # Each unit has its own few groups; its index keeps them by name.
            pages = [await self._some({"unit": unit, **among}, after, count) for unit in units]
            return sorted((group for page in pages for group in page), key=lambda group: group.position)[:count]
        return await self._some(among, after, count)

    async def _some(self, among: dict[str, Any], after: str, count: int) -> list[Group]:
        found: list[Group] = []
        tree = await self._tree.current()
        async for document in self._groups.find(among, _PLAIN).sort("key", 1):
            if document.get("gone"):
                continue
            group = _group(document, tree)
            if not after or group.position > after:
                found.append(group)
            if len(found) >= count:
                break
        return found

    async def holding(self, account_id: str) -> list[Group]:
        """Groups that list an account."""
        return await self._all({"accounts": account_id})

    async def named_by(self, account_id: str) -> list[Group]:
        """The same without whom else they list, which may be thousands."""
        tree = await self._tree.current()
        cursor = self._groups.find({"accounts": account_id}, _BARE)
        return [_group({**document, "accounts": (), "groups": ()}, tree) async for document in cursor]

    async def holding_group(self, group_id: str) -> list[Group]:
        """Groups that hold a group."""
        return await self._all({"groups": group_id})

    async def ruled(self, units: Sequence[str]) -> list[Group]:
        """Groups whose rule names one of the units; the empty id stands for a rule that names none."""
        return [group for unit in units for group in await self._all({"rule_unit": unit})]

    async def by_id(self, after: str, count: int) -> list[Group]:
        """Up to `count` groups whose id follows `after`, by id; for telling of all."""
        tree = await self._tree.current()
        cursor = self._groups.find({"_id": {"$gt": after}, "gone": None}, _PLAIN).sort("_id", 1).limit(count)
        return [_group(document, tree) async for document in cursor]

    async def every(self, ids: Sequence[str] = ()) -> AsyncIterator[Group]:
        """All groups, or those of some ids, streamed."""
        tree = await self._tree.current()
        wanted = {"_id": {"$in": list(ids)}} if ids else {"_id": {"$gt": ""}}
        async for document in self._groups.find(wanted, _PLAIN):
            if not document.get("gone"):
                yield _group(document, tree)

    async def _all(self, among: dict[str, Any]) -> list[Group]:
        tree = await self._tree.current()
        return [_group(document, tree) async for document in self._groups.find(among, _PLAIN)]


def _document(group: Group) -> dict[str, Any]:
    rule = group.rule
    return {
        "name": group.name,
        "key": group.sorting_key,
        "description": group.description,
        "external_id": group.external_id,
        "accounts": list(group.accounts),
        "groups": list(group.groups),
        "rule": _rule_document(rule) if rule else None,
        "rule_unit": rule.unit_id if rule else None,
        "address": group.address,
        "domain": group.address.rpartition("@")[2] or None,
        "writers": group.writers,
        "writer_ids": list(group.writer_ids),
        "created_at": group.created_at,
        "changed_at": group.changed_at,
        "version": group.version,
    }


def _group(document: Mapping[str, Any], tree: Tree) -> Group:
    rule = document.get("rule")
    heir = tree.heir(document["unit"])
    return Group(
        id=document["_id"],
        name=document["name"],
        created_at=document["created_at"],
        changed_at=document["changed_at"],
        unit_id=heir.id if heir is not None else document["unit"],
        description=document["description"],
        external_id=document["external_id"],
        accounts=tuple(document["accounts"]),
        groups=tuple(document["groups"]),
        rule=_rule(rule, tree) if rule else None,
        address=document.get("address", ""),
        writers=document.get("writers", MEMBERS),
        writer_ids=tuple(document.get("writer_ids", ())),
        version=document["version"],
    )


def _rule(rule: Mapping[str, Any], tree: Tree) -> Rule:
    heir = tree.heir(rule["unit"])
    unit_id = heir.id if heir is not None else rule["unit"]
    return Rule(unit_id, rule["grade"], rule["place"], rule.get("everybody", False))


def _rule_document(rule: Rule) -> dict[str, Any]:
    return {"unit": rule.unit_id, "grade": rule.grade, "place": rule.place, "everybody": rule.everybody}


def _taken() -> AlreadyExists:
    return AlreadyExists("The unit has a group of this name already", fields={"name": "taken"})
