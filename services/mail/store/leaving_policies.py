"""The rules that units were given for what leaves them, as documents."""

from collections.abc import Sequence
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.leaving import Action, Rule, To, UnitRules
from services.mail.store.cursors import Document, every


class LeavingPolicies:
    """Collection `leaving_policies`: one document for each unit that was ever given rules."""

    indexes: tuple[Index, ...] = (outbox_index("leaving_policies"),)

    def __init__(self, database: Any) -> None:
        self._policies = database["leaving_policies"]

    async def of(self, unit_ids: Sequence[str]) -> list[UnitRules]:
        """Those of units that have any, in the order of the units."""
        if not unit_ids:
            return []
        found = {each["_id"]: each for each in await every(self._policies.find({"_id": {"$in": list(unit_ids)}}))}
        return [
            UnitRules(unit_id, tuple(_rule(each) for each in found[unit_id]["rules"]))
            for unit_id in unit_ids
            if unit_id in found and found[unit_id]["rules"]
        ]

    async def put(self, unit_id: str, rules: Sequence[Rule], facts: Sequence[Fact]) -> None:
        """Instead of whatever it had before."""
        update = with_facts({"$set": {"rules": [_document(each) for each in rules]}}, *facts)
        await self._policies.update_one({"_id": unit_id}, update, upsert=True)


def _document(rule: Rule) -> Document:
    return {
        "name": rule.name,
        "action": rule.action.value,
        "text": rule.text,
        "marks": list(rule.marks),
        "to": rule.to.value,
        "domains": list(rule.domains),
        "beyond": rule.beyond,
        "types": list(rule.types),
        "filenames": list(rule.filenames),
    }


def _rule(document: Document) -> Rule:
    return Rule(
        document["name"],
        Action(document["action"]),
        document["text"],
        tuple(document["marks"]),
        To(document["to"]),
        tuple(document["domains"]),
        document["beyond"],
        tuple(document["types"]),
        tuple(document["filenames"]),
    )
