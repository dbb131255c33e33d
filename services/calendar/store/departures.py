"""Who has left, and what has to become of their meetings and calendars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, Index
from chassis.events import Fact, outbox_index, with_facts


@dataclass(frozen=True)
class Departure:
    """`successor` is empty while nobody succeeds. `addresses` are known of an account that is `gone` for good;
    `requests` are those for its data to be erased, which wait for an answer. `due` is when it is to be looked at; None
    where there is nothing to do."""

    account: str
    successor: str = ""
    gone: bool = False
    addresses: Sequence[str] = ()
    done: bool = False
    requests: Sequence[str] = ()
    due: datetime | None = None


class DepartureStore:
    """The collection `departures`, a document for each account that was ever left; answers wait in it to be told."""

    indexes = (Index("departures", (("due", 1),), sparse=True), outbox_index("departures"))

    def __init__(self, database: Database) -> None:
        self._departures = database["departures"]

    async def name_successor(self, account: str, successor: str, version: int, now: datetime) -> None:
        """Only what is newer counts."""
        said: dict[str, Any] = {"successor": successor, "version": version, "due": now}
        older = {"_id": account, "$or": [{"version": {"$lt": version}}, {"version": {"$exists": False}}]}
        try:
            await self._departures.update_one(older, {"$set": said}, upsert=True)
        except DuplicateKeyError:
            return

    async def gone(self, account: str, addresses: Sequence[str], now: datetime) -> None:
        """For good. What has been done already is not begun again."""
        known = await self.find(account)
        if known is None or not known.gone:
            said = {"gone": True, "addresses": list(addresses), "done": False, "due": now}
            await self._departures.update_one({"_id": account}, {"$set": said}, upsert=True)

    async def find(self, account: str) -> Departure | None:
        found = await self._departures.find_one({"_id": account})
        return _departure(found) if found is not None else None

    async def due(self, now: datetime, most: int) -> list[Departure]:
        """Those that wait longest."""
        found = await self._departures.find({"due": {"$lte": now}}).sort("due", 1).limit(most).to_list(most)
        return [_departure(each) for each in found]

    async def put_off(self, departure: Departure, until: datetime) -> None:
        """Others come first; not where something was said of it meanwhile."""
        same = {"_id": departure.account, "due": departure.due}
        await self._departures.update_one(same, {"$set": {"due": until}})

    async def handed_over(self, departure: Departure) -> None:
        """All that there was for this successor; what was said meanwhile is due still."""
        same = {"_id": departure.account, "successor": departure.successor, "gone": {"$ne": True}}
        await self._departures.update_one(same, {"$unset": {"due": ""}})

    async def wait(self, account: str, request: str, now: datetime) -> None:
        await self._departures.update_one({"_id": account}, {"$addToSet": {"requests": request}, "$set": {"due": now}})

    async def erased(self, departure: Departure, *facts: Fact) -> None:
        """What is kept of it is that it is gone."""
        update: dict[str, Any] = {
            "$set": {"done": True, "addresses": []},
            "$unset": {"due": ""},
            "$pull": {"requests": {"$in": list(departure.requests)}},
        }
        asked: dict[str, Any] = {"requests": list(departure.requests)}
        same = {"_id": departure.account, **(asked if departure.requests else {"requests.0": {"$exists": False}})}
        await self._departures.update_one(same, with_facts(update, *facts))


def _departure(document: dict[str, Any]) -> Departure:
    return Departure(
        account=document["_id"],
        successor=document.get("successor", ""),
        gone=document.get("gone", False),
        addresses=tuple(document.get("addresses", ())),
        done=document.get("done", False),
        requests=tuple(document.get("requests", ())),
        due=document.get("due"),
    )
