"""The letters of ours that ask for receipts, and who said that they were read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Index
from services.mail.domain.received_receipts import ReceivedReceipt
from services.mail.store.cursors import Document, every
from services.mail.store.ids import under
from services.mail.store.repeats import mark


class AskedReceipts:
    """Collection `asked_receipts`: one document for each such letter of an account, gone after `until`. Receipts stand
    by the place of their recipient among those of the letter (`domain/outgoing.py::MAX_RECIPIENTS`): each has one."""

    indexes = (Index("asked_receipts", (("until", 1),), expire_seconds=0),)

    def __init__(self, database: Any) -> None:
        self._asked = database["asked_receipts"]

    async def ask(self, owner: str, letter: str, recipients: Sequence[str], until: datetime, *, session: Any) -> None:
        """In the transaction that accepts the letter. Of two with the same id the first one counts."""
        told = {"letter": letter, "recipients": list(recipients), "receipts": {}, "until": until}
        await self._asked.update_one({"_id": _key(owner, letter)}, {"$setOnInsert": told}, upsert=True, session=session)

    async def recipients(self, owner: str, letter: str) -> list[str]:
        """None of a letter that asked for nothing."""
        found = await self._asked.find_one({"_id": _key(owner, letter)}, {"recipients": 1})
        return found["recipients"] if found else []

    async def note(self, owner: str, letter: str, place: int, said: ReceivedReceipt) -> None:
        """The first that a recipient says counts, and the first that is proven to be theirs before all others."""
        field = f"receipts.{place}"
        unsaid: Document = {f"{field}.proven": {"$ne": True}} if said.proven else {field: {"$exists": False}}
        entry = {"at": said.at, "disposition": said.disposition, "proven": said.proven}
        await self._asked.update_one({"_id": _key(owner, letter), **unsaid}, {"$set": {field: entry}})

    async def of(self, owner: str, letter: str) -> list[ReceivedReceipt]:
        """The eldest first."""
        found = await self._asked.find_one({"_id": _key(owner, letter)})
        return _receipts(found) if found else []

    async def by(self, owner: str) -> dict[str, list[ReceivedReceipt]]:
        """All that an account was told, by the ids of its letters."""
        return {each["letter"]: _receipts(each) for each in await every(self._asked.find({"_id": under(owner)}))}

    async def remove_all(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._asked.delete_many({"_id": under(owner)})


def _key(owner: str, letter: str) -> str:
    return mark(owner, letter)


def _receipts(document: Document) -> list[ReceivedReceipt]:
    found = [
        ReceivedReceipt(document["recipients"][int(place)], each["at"], each["disposition"], each["proven"])
        for place, each in document["receipts"].items()
    ]
    return sorted(found, key=lambda each: (each.at, each.by))
