"""The rules that units were given for what leaves them, as documents."""

from collections.abc import Sequence
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.leaving import Action, Rule, To, UnitRules
from services.mail.store.cursors import Document, every


class LeavingPolicies:
    """Collection `leaving_policies`: one document for each unit that was ever given rules."""

    indexes: tuple[Index, ...] = (outbox_index("leaving_policies"), Index("leaving_policies", (("approvers", 1),)))

    def __init__(self, database: Any) -> None:
        self._policies = database["leaving_policies"]

    async def of(self, unit_ids: Sequence[str]) -> list[UnitRules]:
        """Those of units that have any, in the order of the units."""
        if not unit_ids:
            return []
        found = {each["_id"]: each for each in await every(self._policies.find({"_id": {"$in": list(unit_ids)}}))}
        return [
            _unit_rules(found[unit_id])
            for unit_id in unit_ids
            if unit_id in found and (found[unit_id]["rules"] or found[unit_id].get("approvers"))
        ]

    async def put(self, given: UnitRules, facts: Sequence[Fact]) -> None:
        """Instead of whatever the unit had before."""
        fields = {"rules": [_document(each) for each in given.rules], "approvers": list(given.approvers)}
        await self._policies.update_one({"_id": given.unit_id}, with_facts({"$set": fields}, *facts), upsert=True)

    async def approved_by(self, ids: Sequence[str]) -> list[str]:
        """The units that name one of these, accounts or functions, as an approver."""
        found = self._policies.find({"approvers": {"$in": list(ids)}}, {"_id": 1})
        return [each["_id"] for each in await every(found)]

    async def forget_approver(self, account_id: str) -> None:
        """One that is no more decides for no unit."""
        await self._policies.update_many({"approvers": account_id}, {"$pull": {"approvers": account_id}})


def _unit_rules(document: Document) -> UnitRules:
    rules = tuple(_rule(each) for each in document["rules"])
    return UnitRules(document["_id"], rules, tuple(document.get("approvers", ())))


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
