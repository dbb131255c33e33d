"""Requests of persons as documents, and the sealed parts of their archives; forgotten after two weeks."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Database
from chassis.events import document_with_facts
from services.directory.domain.personal import SERVICES, PersonalRequest
from services.directory.store.receipts import written


class PersonalStore:
    """The collections `personal_requests` and `personal_parts`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._requests = database["personal_requests"]
        self._parts = database["personal_parts"]

    async def insert(self, request: PersonalRequest, facts: Sequence[dict[str, Any]]) -> None:
        document = {
            "_id": request.id,
            "kind": request.kind,
            "account": request.account_id,
            "address": request.address,
            "by": request.started_by,
            "created_at": request.created_at,
            "expires_at": request.expires_at,
            "answers": {},
            "taken": False,
        }
        whole = document_with_facts(document, *facts)

        async def write(session: Any) -> None:
            await self._requests.insert_one(whole, session=session)

        await written(self._database, write)

    async def find(self, request_id: str) -> PersonalRequest | None:
        found = await self._requests.find_one({"_id": request_id}, {"outbox": 0})
        return _request(found) if found else None

    async def answered(self, request: PersonalRequest, service: str, says: str, sealed: str = "") -> None:
        """Keep a service's answer, and its part of the archive first; again is the same."""
        if sealed:
            part = {"request": request.id, "sealed": sealed, "expires_at": request.expires_at}
            await self._parts.update_one({"_id": f"{request.id}.{service}"}, {"$set": part}, upsert=True)
        await self._requests.update_one({"_id": request.id}, {"$set": {f"answers.{service}": says}})

    async def take(self, request_id: str) -> bool:
        """Claim the one download there is; False when somebody has."""
        claim = {"$set": {"taken": True}}
        return bool((await self._requests.update_one({"_id": request_id, "taken": False}, claim)).matched_count)

    async def give_back(self, request_id: str) -> None:
        """A download that broke off was none."""
        await self._requests.update_one({"_id": request_id}, {"$set": {"taken": False}})

    async def part(self, request_id: str, service: str) -> str:
        """The sealed part of a service; empty when it has none."""
        found = await self._parts.find_one({"_id": f"{request_id}.{service}"})
        return str(found["sealed"]) if found else ""

    async def forget_parts(self, request_id: str) -> None:
        for service in SERVICES:
            await self._parts.delete_one({"_id": f"{request_id}.{service}"})


def _request(document: Mapping[str, Any]) -> PersonalRequest:
    return PersonalRequest(
        id=document["_id"],
        kind=document["kind"],
        account_id=document["account"],
        address=document["address"],
        started_by=document["by"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        answers=dict(document["answers"]),
        taken=document["taken"],
    )
