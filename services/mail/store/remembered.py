"""What scripts remember: whom vacation answered, which letters were seen, of which failure the owner was told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Index
from services.mail.store.ids import under
from services.mail.store.repeats import mark


def memory(owner: str, *what: str) -> str:
    """The id of something to be remembered of an account."""
    return mark(owner, *what)


class Remembered:
    """Collection `remembered`: one document for each thing, gone after `until`. Ids say nothing of what it is."""

    indexes = (Index("remembered", (("until", 1),), expire_seconds=0),)

    def __init__(self, database: Any) -> None:
        self._remembered = database["remembered"]

    async def known(self, memories: Sequence[str], now: datetime) -> set[str]:
        """Those that are remembered still."""
        found = await self._remembered.find({"_id": {"$in": list(memories)}}).to_list(len(memories))
        return {document["_id"] for document in found if document["until"] > now}

    async def claim(self, memory: str, now: datetime, until: datetime, *, session: Any) -> bool:
        """Remember it from now on; False when it was remembered already."""
        found = await self._remembered.find_one({"_id": memory}, session=session)
        if found is not None and found["until"] > now:
            return False
        await self.keep(memory, until, session=session)
        return True

    async def keep(self, memory: str, until: datetime, *, session: Any) -> None:
        """Remember it until then, whether it was or not."""
        await self._remembered.update_one({"_id": memory}, {"$set": {"until": until}}, upsert=True, session=session)

    async def remove_all(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._remembered.delete_many({"_id": under(owner)})
