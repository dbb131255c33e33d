"""What administrators hand over of somebody's meetings, until it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.documents import Database, Index
from chassis.events import Fact, document_with_facts, outbox_index, with_facts


@dataclass(frozen=True)
class Handover:
    """`chosen` are the keys of the meetings that go; empty: all."""

    owner: str
    id: str
    successor: str
    chosen: Sequence[str] = ()

    @property
    def key(self) -> str:
        return f"{self.owner}.{self.id}"


class HandoverStore:
    """The collection `handovers`; letters about one wait in it to be told."""

    indexes = (
        Index("handovers", (("due", 1),), sparse=True),
        Index("handovers", (("owner", 1),)),
        outbox_index("handovers"),
    )

    def __init__(self, database: Database) -> None:
        self._handovers = database["handovers"]

    async def begin(self, handover: Handover, now: datetime, *facts: Fact) -> None:
        document: dict[str, Any] = {
            "_id": handover.key,
            "owner": handover.owner,
            "successor": handover.successor,
            "chosen": list(handover.chosen),
            "due": now,
        }
        await self._handovers.insert_one(document_with_facts(document, *facts))

    async def due(self, now: datetime, most: int) -> list[Handover]:
        found = await self._handovers.find({"due": {"$lte": now}}).sort("due", 1).limit(most).to_list(most)
        return [_handover(each) for each in found]

    async def put_off(self, handover: Handover, until: datetime) -> None:
        due = {"_id": handover.key, "due": {"$exists": True}}
        await self._handovers.update_one(due, {"$set": {"due": until}})

    async def finished(self, handover: Handover, *facts: Fact) -> None:
        """Once, whoever else finishes the same."""
        update = with_facts({"$unset": {"due": ""}}, *facts)
        await self._handovers.update_one({"_id": handover.key, "due": {"$exists": True}}, update)

    async def forget(self, owner: str) -> None:
        """Of whoever is no more; what is not told yet goes when it is."""
        async for each in self._handovers.find({"owner": owner}, {"pending": 1}):
            one = {"_id": each["_id"]}
            if "pending" in each:
                await self._handovers.update_one(one, {"$set": {"deleted": True}, "$unset": {"due": ""}})
            else:
                await self._handovers.delete_one(one)


def _handover(document: dict[str, Any]) -> Handover:
    return Handover(
        owner=document["owner"],
        id=document["_id"].partition(".")[2],
        successor=document["successor"],
        chosen=tuple(document["chosen"]),
    )
