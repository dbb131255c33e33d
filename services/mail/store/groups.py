"""Groups, as directory tells of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Index
from chassis.events.projections import apply_version
from services.mail.domain.lists import Group, Rule
from services.mail.store.cursors import every

# How far a membership is spread, whatever was written; directory keeps within it.
MAX_SPREAD = 100


class Groups:
    """Collection `groups`: a projection; older facts never undo newer ones. One that ended has neither address nor
    members."""

    indexes = (
        Index("groups", (("address", 1),)),
        Index("groups", (("unit_id", 1),)),
        Index("groups", (("rule.unit", 1),)),
    )

    def __init__(self, database: Any) -> None:
        self._groups = database["groups"]

    async def told(self, group: Group) -> bool:
        """Whether that was news."""
        rule = group.rule
        fields = {
            "name": group.name,
            "address": group.address,
            "unit_id": group.unit_id,
            "accounts": sorted(group.accounts),
            "groups": list(group.groups),
            "rule": _rule_document(rule) if rule is not None else None,
            "writers": group.writers,
            "writer_ids": list(group.writer_ids),
        }
        return await apply_version(self._groups, group.id, group.version, fields)

    async def inherited(self, unit_id: str, heir_id: str) -> None:
        """A unit is no more, and what was its is another one's: directory tells of the unit, not of each group."""
        await self._groups.update_many({"unit_id": unit_id}, {"$set": {"unit_id": heir_id}})
        await self._groups.update_many({"rule.unit": unit_id}, {"$set": {"rule.unit": heir_id}})

    async def list_by_id(self, group_id: str) -> Group | None:
        """A group that has an address."""
        found = await self._groups.find_one({"_id": group_id})
        return _group(found) if found is not None and found["address"] else None

    async def list_by_address(self, address: str) -> Group | None:
        found = await self._groups.find_one({"address": address}) if address else None
        return _group(found) if found is not None else None

    async def spread(self, group: Group) -> list[Group]:
        """The group and all that it holds, by whatever way, each once; but none of everybody: who writes to all staff
        is said of that group, not of one that holds it."""
        found, level = {group.id: group}, [group]
        while level and len(found) < MAX_SPREAD:
            wanted = dict.fromkeys(each for holder in level for each in holder.groups if each not in found)
            level = await self._by_ids(list(wanted)[: MAX_SPREAD - len(found)])
            level = [each for each in level if not each.everybody]
            found |= {each.id: each for each in level}
        return list(found.values())

    async def _by_ids(self, ids: Sequence[str]) -> list[Group]:
        if not ids:
            return []
        return [_group(each) for each in await every(self._groups.find({"_id": {"$in": list(ids)}}))]


def _group(document: Mapping[str, Any]) -> Group:
    rule = document["rule"]
    return Group(
        id=document["_id"],
        name=document["name"],
        address=document["address"],
        unit_id=document["unit_id"],
        accounts=tuple(document["accounts"]),
        groups=tuple(document["groups"]),
        rule=Rule(rule["unit"], rule["grade"], rule["place"], rule["everybody"]) if rule else None,
        writers=document["writers"],
        writer_ids=tuple(document["writer_ids"]),
        version=document["version"],
    )


def _rule_document(rule: Rule) -> dict[str, Any]:
    return {"unit": rule.unit_id, "grade": rule.grade, "place": rule.place, "everybody": rule.everybody}
