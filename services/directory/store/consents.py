"""Consents as documents, one for a person and a client."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Database
from chassis.events import with_facts
from services.directory.domain.consents import Consent

Facts = Sequence[dict[str, Any]]
# Long enough for its last facts to be told.
BURIED_AFTER = timedelta(days=7)
MOST = 500


class ConsentStore:
    """The collection `consents`."""

    def __init__(self, database: Database) -> None:
        self._consents = database["consents"]

    async def grant(self, consent: Consent, facts: Facts) -> None:
        update: dict[str, Any] = {
            "$set": {
                "account": consent.account_id,
                "client": consent.client_id,
                "scopes": list(consent.scopes),
                "granted_at": consent.granted_at,
            },
            "$unset": {"revoked_at": "", "buried_at": ""},
        }
        await self._consents.update_one(
            {"_id": _id(consent.account_id, consent.client_id)}, with_facts(update, *facts), upsert=True
        )

    async def find(self, account_id: str, client_id: str) -> Consent | None:
        found = await self._consents.find_one({"_id": _id(account_id, client_id), "revoked_at": None}, {"outbox": 0})
        return _consent(found) if found else None

    async def of_account(self, account_id: str) -> list[Consent]:
        """All of a person's, newest first."""
        cursor = self._consents.find({"account": account_id}, {"outbox": 0}).limit(MOST)
        found = [_consent(document) async for document in cursor if document.get("revoked_at") is None]
        return sorted(found, key=lambda consent: consent.granted_at, reverse=True)

    async def revoke(self, account_id: str, client_id: str, now: datetime, facts: Facts) -> bool:
        """False when there is none."""
        gone = {"revoked_at": now, "buried_at": now + BURIED_AFTER, "scopes": []}
        answer = await self._consents.update_one(
            {"_id": _id(account_id, client_id), "revoked_at": None}, with_facts({"$set": gone}, *facts)
        )
        return bool(answer.matched_count)


def _id(account_id: str, client_id: str) -> str:
    return f"{account_id}.{client_id}"


def _consent(document: Mapping[str, Any]) -> Consent:
    return Consent(document["account"], document["client"], tuple(document["scopes"]), document["granted_at"])
