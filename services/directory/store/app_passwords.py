"""App passwords as documents; a revoked one stays for some weeks, to be told to whoever is connected with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Database
from chassis.events import document_with_facts, with_facts
from services.directory.domain.app_passwords import TOLD, AppPassword

Facts = Sequence[dict[str, Any]]


class AppPasswordStore:
    """The collection `app_passwords`."""

    def __init__(self, database: Database) -> None:
        self._passwords = database["app_passwords"]

    async def insert(self, password: AppPassword, facts: Facts) -> None:
        document = {
            "_id": password.id,
            "account": password.account_id,
            "protocol": password.protocol,
            "label": password.label,
            "proof": password.proof,
            "created_at": password.created_at,
            "ended_at": None,
        }
        await self._passwords.insert_one(document_with_facts(document, *facts))

    async def of_account(self, account_id: str) -> list[AppPassword]:
        """Those that are good, oldest first."""
        found = self._passwords.find({"account": account_id, "ended_at": None}, {"outbox": 0})
        return sorted([_password(each) async for each in found], key=lambda each: each.id)

    async def proven(self, proofs: Sequence[str]) -> AppPassword | None:
        """The good one that has one of these proofs."""
        for proof in proofs:
            found = await self._passwords.find_one({"proof": proof}, {"outbox": 0})
            if found is not None and found["ended_at"] is None:
                return _password(found)
        return None

    async def used(self, password_id: str, now: datetime, remote: str) -> None:
        await self._passwords.update_one(
            {"_id": password_id, "ended_at": None}, {"$set": {"last_used_at": now, "last_used_from": remote}}
        )

    async def end(self, password: AppPassword, now: datetime, facts: Facts) -> bool:
        """Revoke one and say so in the same write; False when it was revoked before."""
        answer = await self._passwords.update_one(
            {"_id": password.id, "ended_at": None},
            with_facts({"$set": {"ended_at": now, "forgotten_at": now + TOLD}}, *facts),
        )
        return bool(answer.matched_count)

    async def ended(self, since: datetime) -> list[AppPassword]:
        """Those that were revoked at or after `since`."""
        found = self._passwords.find({"ended_at": {"$gte": since}}, {"outbox": 0})
        return [_password(each) async for each in found]


def _password(document: Mapping[str, Any]) -> AppPassword:
    return AppPassword(
        id=document["_id"],
        account_id=document["account"],
        protocol=document["protocol"],
        label=document["label"],
        proof=document["proof"],
        created_at=document["created_at"],
        last_used_at=document.get("last_used_at"),
        last_used_from=document.get("last_used_from", ""),
        ended_at=document["ended_at"],
    )
