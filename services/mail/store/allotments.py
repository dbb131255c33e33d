"""What accounts and units were given, as documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.allotment import FIELDS, Allotment, Holder
from services.mail.store.burying import bury
from services.mail.store.cursors import Document, every
from services.mail.store.ids import holder_key
from services.mail.store.pools import pool


class Allotments:
    """Collection `allotments`: one document for each account or unit that was ever given something."""

    indexes: tuple[Index, ...] = (outbox_index("allotments"),)

    def __init__(self, database: Any) -> None:
        self._allotments = database["allotments"]

    async def among(self, holders: Sequence[tuple[Holder, str]]) -> list[Allotment]:
        """What these were given, in their order."""
        keys = [holder_key(*holder) for holder in holders]
        found = {each["_id"]: each for each in await every(self._allotments.find({"_id": {"$in": keys}}))}
        return [_allotment(holder, found[key]) for holder, key in zip(holders, keys, strict=True) if key in found]

    async def give(self, holder: Holder, holder_id: str, fields: Mapping[str, int], facts: Sequence[Fact]) -> None:
        """Instead of whatever it was given before."""
        update = with_facts({"$set": {"fields": dict(fields)}}, *facts)
        await self._allotments.update_one({"_id": holder_key(holder, holder_id)}, update, upsert=True)

    async def forget(self, holder: Holder, holder_id: str) -> None:
        """Of who is no more. What was not published yet still will be."""
        await bury(self._allotments, holder_key(holder, holder_id), ("fields",))


def _allotment(holder: tuple[Holder, str], document: Document) -> Allotment:
    given = document.get("fields", {})
    fields = {name: given[name] for name in FIELDS if name in given}
    return Allotment(*holder, fields, pool(document) if "pool" in document else None)
