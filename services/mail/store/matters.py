"""Matters, as documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Index
from chassis.errors import NotFound
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from services.mail.domain.matters import Matter
from services.mail.store.cursors import Document, every


class Matters:
    """Collection `matters`: one document a matter, kept for good. It is `open` until all that was kept for it alone is
    given up; `walked` is the account up to which those of its unit are known to be custodians, in this walk."""

    indexes: tuple[Index, ...] = (
        Index("matters", (("open", 1),), sparse=True),
        Index("matters", (("unit_path", 1), ("_id", 1))),
        Index("matters", (("auditors", 1), ("_id", 1))),
        outbox_index("matters"),
    )

    def __init__(self, database: Any) -> None:
        self._matters = database["matters"]

    async def insert(self, matter: Matter, facts: Sequence[Fact], *, session: Any = None) -> None:
        document = {**_document(matter), "open": True}
        await self._matters.insert_one(document_with_facts(document, *facts), session=session)

    async def get(self, matter_id: str) -> Matter:
        """Raises `NotFound`."""
        found = await self._matters.find_one({"_id": matter_id})
        if found is None:
            raise NotFound("No such matter")
        return _matter(found)

    async def change(self, matter_id: str, fields: Mapping[str, Any], facts: Sequence[Fact]) -> None:
        """Of one that was not closed. Raises `NotFound`."""
        update = with_facts({"$set": dict(fields)}, *facts)
        if not (await self._matters.update_one({"_id": matter_id, "closed_at": None}, update)).matched_count:
            raise NotFound("No such matter is open")

    async def open(self) -> list[Matter]:
        """All for which something is kept, or was until just now."""
        return [_matter(each) for each in await every(self._matters.find({"open": True}))]

    async def page(self, unit_id: str, after: str, most: int) -> list[Matter]:
        """Those about a unit and what stands in or below it; about everybody when empty. The eldest first."""
        query: Document = {"_id": {"$gt": after}}
        if unit_id:
            query["unit_path"] = unit_id
        return [_matter(each) for each in await every(self._matters.find(query).sort("_id", 1).limit(most))]

    async def given_to(self, auditor: str, after: str, most: int) -> list[Matter]:
        query = {"auditors": auditor, "_id": {"$gt": after}}
        return [_matter(each) for each in await every(self._matters.find(query).sort("_id", 1).limit(most))]

    async def walk(self, matter_id: str) -> tuple[str, datetime | None]:
        """Up to which account the present walk is, and when the last one ended."""
        found = await self._matters.find_one({"_id": matter_id}, {"walked": 1, "walked_at": 1}) or {}
        return found.get("walked", ""), found.get("walked_at")

    async def walked(self, matter_id: str, upto: str, ended: datetime | None) -> None:
        change: Document = {"walked": upto} | ({"walked_at": ended} if ended is not None else {})
        await self._matters.update_one({"_id": matter_id}, {"$set": change})

    async def given_up(self, matter_id: str) -> None:
        """Nothing is kept for it any more."""
        await self._matters.update_one({"_id": matter_id}, {"$unset": {"open": ""}})


def _document(matter: Matter) -> Document:
    return {
        "_id": matter.id,
        "reason": matter.reason,
        "account": matter.account_id,
        "unit": matter.unit_id,
        "unit_path": list(matter.unit_path),
        "name": matter.name,
        "opened_by": matter.opened_by,
        "opened_at": matter.opened_at,
        "auditors": list(matter.auditors),
        "until": matter.until,
        "closed_at": matter.closed_at,
    }


def _matter(document: Document) -> Matter:
    return Matter(
        document["_id"],
        document["reason"],
        document["account"],
        document["unit"],
        tuple(document["unit_path"]),
        document["name"],
        document["opened_by"],
        document["opened_at"],
        tuple(document["auditors"]),
        document["until"],
        document["closed_at"],
    )
