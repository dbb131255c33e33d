"""Approvals as documents, and the policies that ask for them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from chassis.events import document_with_facts, with_facts
from services.directory.domain.approvals import APPROVED, KEPT, WAITING, Approval, ApprovalPolicy
from services.directory.store.receipts import Receipt, written

Facts = Sequence[dict[str, Any]]
# The policy of the whole administration.
EVERYWHERE = "everywhere"
_PLAIN = {"outbox": 0, "result": 0}
_MOST = 500
_SAME = (
    "act", "operation", "target_id", "target", "asked_by", "asker", "asked_at", "expires_at", "acr", "state", "sealed",
    "reason", "decided_by", "decider", "decided_at", "decider_acr", "answer", "version",
)  # fmt: skip


class ApprovalStore:
    """The collections `approvals` and `approval_policies`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._approvals = database["approvals"]
        self._policies = database["approval_policies"]

    async def insert(self, approval: Approval, same: str, facts: Facts) -> Approval:
        """Keep it; the one that waits already when the same is asked again, as `same` tells."""
        document = {"_id": approval.id, **_document(approval), "waiting": 1, "same": same}
        try:
            await self._approvals.insert_one(document_with_facts(document, *facts))
        except DuplicateKeyError:
            found = await self._approvals.find_one({"same": same}, _PLAIN)
            if found is None:
                return await self.insert(approval, same, facts)
            return _approval(found)
        return approval

    async def find(self, approval_id: str) -> Approval | None:
        found = await self._approvals.find_one({"_id": approval_id}, _PLAIN)
        return _approval(found) if found else None

    async def waiting(self) -> list[Approval]:
        """All that wait, the oldest first."""
        cursor = self._approvals.find({"waiting": 1}, _PLAIN)
        return sorted([_approval(each) async for each in cursor], key=lambda each: each.id)

    async def asked_by(self, account_id: str) -> list[Approval]:
        """What an account has asked for, the newest first."""
        cursor = self._approvals.find({"asked_by": account_id}, _PLAIN).sort("_id", -1).limit(_MOST)
        return [_approval(each) async for each in cursor]

    async def count_waiting(self, account_id: str) -> int:
        return int(await self._approvals.count_documents({"asked_by": account_id, "waiting": 1}))

    async def undone(self) -> list[Approval]:
        """What was approved and is not done."""
        return [_approval(each) async for each in self._approvals.find({"doing": 1}, _PLAIN).limit(_MOST)]

    async def explain(self, approval: Approval, reason: str) -> bool:
        update = {"$set": {"reason": reason}, "$inc": {"version": 1}}
        answer = await self._approvals.update_one({"_id": approval.id, "state": WAITING}, update)
        return bool(answer.matched_count)

    async def approve(self, approval: Approval, now: datetime, facts: Facts) -> bool:
        """Say that it is approved; False when it was decided upon, or has expired."""
        decided = {
            "state": APPROVED,
            "doing": 1,
            "decided_by": approval.decided_by,
            "decider": approval.decider,
            "decided_at": now,
            "decider_acr": approval.decider_acr,
            "version": approval.version,
        }
        update = with_facts({"$set": decided, "$unset": {"waiting": "", "same": ""}}, *facts)
        before = {"_id": approval.id, "state": WAITING, "expires_at": {"$gt": now}}
        return bool((await self._approvals.update_one(before, update)).matched_count)

    async def end(self, approval: Approval, was: str, now: datetime, facts: Facts) -> bool:
        """Bring it to its end, with what was sealed gone; False when it is not in the state `was` any more."""
        return await self._end(approval, was, now, facts, None)

    def receipt(self, approval: Approval, now: datetime, facts: Facts) -> Receipt:
        """Spent, it has come to its end in the same transaction."""

        async def spend(session: Any) -> bool:
            return await self._end(approval, APPROVED, now, facts, session)

        return Receipt(spend)

    async def _end(self, approval: Approval, was: str, now: datetime, facts: Facts, session: Any) -> bool:
        ended = {
            "state": approval.state,
            "answer": approval.answer,
            "decided_by": approval.decided_by,
            "decider": approval.decider,
            "decided_at": approval.decided_at,
            "version": approval.version,
            "forgotten_at": now + KEPT,
        }
        update = {"$set": ended, "$unset": {"waiting": "", "doing": "", "same": "", "sealed": ""}}
        before = {"_id": approval.id, "state": was}
        answer = await self._approvals.update_one(before, with_facts(update, *facts), session=session)
        return bool(answer.matched_count)

    async def keep_result(self, approval_id: str, sealed: str) -> None:
        await self._approvals.update_one({"_id": approval_id}, {"$set": {"result": sealed, "has_result": True}})

    async def take_result(self, approval_id: str) -> str:
        """What is there for who asked, once; empty when there is nothing any more."""
        found = await self._approvals.find_one({"_id": approval_id, "has_result": True}, {"result": 1})
        if found is None:
            return ""
        taken = {"$set": {"has_result": False}, "$unset": {"result": ""}}
        answer = await self._approvals.update_one({"_id": approval_id, "has_result": True}, taken)
        return str(found["result"]) if answer.matched_count else ""

    async def policies(self, units: Sequence[str]) -> list[ApprovalPolicy]:
        """Those of some units, and that of the whole administration."""
        cursor = self._policies.find({"_id": {"$in": [EVERYWHERE, *units]}}, _PLAIN)
        return [_policy(document) async for document in cursor]

    async def put_policy(self, policy: ApprovalPolicy, facts: Facts) -> bool:
        """Write a policy one version further; False when somebody else was faster."""
        wanted = {"$set": {"acts": list(policy.acts), "version": policy.version}}
        before = {"_id": policy.unit_id or EVERYWHERE, "version": policy.version - 1}

        async def write(session: Any) -> bool:
            if policy.version == 1:
                document = {"_id": before["_id"], **wanted["$set"]}
                await self._policies.insert_one(document_with_facts(document, *facts), session=session)
                return True
            answer = await self._policies.update_one(before, with_facts(wanted, *facts), session=session)
            return bool(answer.matched_count)

        try:
            return await written(self._database, write)
        except DuplicateKeyError:
            return False


def _document(approval: Approval) -> dict[str, Any]:
    document = {field: getattr(approval, field) for field in _SAME}
    paths = {name: [list(path) for path in getattr(approval, name)] for name in ("governed", "by")}
    return {**document, **paths, "details": dict(approval.details)}


def _approval(document: Mapping[str, Any]) -> Approval:
    given = {field: document[field] for field in _SAME if field in document}
    return Approval(
        id=document["_id"],
        governed=tuple(tuple(path) for path in document["governed"]),
        by=tuple(tuple(path) for path in document["by"]),
        details=dict(document["details"]),
        has_result=document.get("has_result", False),
        **given,
    )


def _policy(document: Mapping[str, Any]) -> ApprovalPolicy:
    unit_id = "" if document["_id"] == EVERYWHERE else document["_id"]
    return ApprovalPolicy(unit_id, tuple(document["acts"]), document["version"])
