"""What came within a day, so that a repeat of it makes no second copy."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.documents import Index
from services.mail.store.errors import Repeated, duplicates_are
from services.mail.store.ids import key

A_DAY = 24 * 3600


def mark(owner: str, *what: str) -> str:
    """The mark of an act: what must be equal for it to be a repeat."""
    return key(owner, hashlib.sha256("\x00".join(what).encode("utf-8", "surrogatepass")).hexdigest())


class Repeats:
    """Collection `repeats`: one mark an act, gone after a day."""

    indexes = (Index("repeats", (("at", 1),), expire_seconds=A_DAY),)

    def __init__(self, database: Any) -> None:
        self._repeats = database["repeats"]

    async def note(self, mark: str, at: datetime, *, result: str = "", session: Any) -> None:
        """In the transaction of the act itself. Raises `Repeated`, which ends the transaction."""
        await self.note_all({mark: result}, at, session=session)

    async def note_all(self, results: Mapping[str, str], at: datetime, *, session: Any) -> None:
        """Several marks with what came of each. Raises `Repeated` when one of them is there already."""
        with duplicates_are(Repeated):
            await self._repeats.insert_many(
                [{"_id": mark, "at": at, "result": result} for mark, result in results.items()], session=session
            )

    async def forget(self, mark: str, *, session: Any) -> None:
        """What was undone may be done again."""
        await self._repeats.delete_one({"_id": mark}, session=session)

    async def result(self, mark: str) -> str:
        """What came of the act that left this mark."""
        found = await self._repeats.find_one({"_id": mark})
        return found["result"] if found else ""
