"""Acts that changed nothing and yet are to be told: refusals, logins, readings. Each is there until it is published."""

from collections.abc import Sequence
from typing import Any

from chassis.documents import Database
from chassis.events import document_with_facts
from chassis.ids import new_id


class ActStore:
    """The collection `acts`: an outbox that belongs to nothing else."""

    def __init__(self, database: Database) -> None:
        self._acts = database["acts"]

    async def tell(self, facts: Sequence[dict[str, Any]]) -> None:
        # Deleted from the start: what is published is gone.
        await self._acts.insert_one(document_with_facts({"_id": new_id(), "deleted": True}, *facts))
