"""How much each account has sent lately, as documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.sending import Tally
from services.mail.store.burying import bury

# A day's count is of no use on the day after the next.
KEPT_SECONDS = 3 * 24 * 3600


class Tallies:
    """Collection `tallies`: one document an account; `told` is until when its limit was told of."""

    indexes = (Index("tallies", (("hour", 1),), expire_seconds=KEPT_SECONDS), outbox_index("tallies"))

    def __init__(self, database: Any) -> None:
        self._tallies = database["tallies"]

    async def of(self, owner: str, now: datetime, *, session: Any = None) -> Tally:
        found = await self._tallies.find_one({"_id": owner}, session=session)
        return _tally(found).at(now) if found is not None else Tally.begun(now)

    async def keep(self, owner: str, tally: Tally, *, session: Any) -> None:
        """In the transaction that accepts what is counted, so that nothing is accepted uncounted."""
        await self._tallies.update_one({"_id": owner}, {"$set": _document(tally)}, upsert=True, session=session)

    async def begin_anew(self, owner: str, now: datetime, facts: Sequence[Fact]) -> None:
        """Nothing was sent, and no limit was told of."""
        update = {"$set": _document(Tally.begun(now)), "$unset": {"told": ""}}
        await self._tallies.update_one({"_id": owner}, with_facts(update, *facts), upsert=True)

    async def limited(self, owner: str, until: datetime, now: datetime, facts: Sequence[Fact]) -> bool:
        """Tell of a limit once; False when it was told."""
        first = {"_id": owner, "told": {"$ne": until}}
        update = {"$set": {"told": until}, "$setOnInsert": _document(Tally.begun(now))}
        try:
            await self._tallies.update_one(first, with_facts(update, *facts), upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def forget(self, owner: str) -> None:
        """Of an account that is erased. What was not published yet still will be."""
        await bury(self._tallies, owner)


def _document(tally: Tally) -> dict[str, Any]:
    return {name: getattr(tally, name) for name in Tally.__slots__}


def _tally(document: Mapping[str, Any]) -> Tally:
    return Tally(**{name: document[name] for name in Tally.__slots__})
