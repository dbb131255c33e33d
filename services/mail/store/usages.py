"""How much each account keeps, counted in the transactions that change it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chassis.documents import Index
from chassis.errors import OverQuota
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.quota import Quota, Usage
from services.mail.store.cursors import Document, every
from services.mail.store.ids import LIVING

AT_ONCE = 100
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an account may keep when something is added, and the fact that tells that it came near that.

    Not `enforced` for what must not be refused; it counts all the same.
    """

    quota: Quota
    reached: Callable[[Usage], Fact]
    enforced: bool = True
    # The units above the account that have pools, the nearest first: it borrows from each of them.
    units: tuple[str, ...] = ()
    at: datetime = NEVER


class RoomWanted(Exception):
    """An account has to borrow from pools before it grows so much. Only the store sees it."""

    def __init__(self, owner: str, growth: int, bounds: Bounds) -> None:
        super().__init__(owner)
        self.owner, self.growth = owner, growth
        self.units, self.enforced, self.at = bounds.units, bounds.enforced, bounds.at


class Counted(NamedTuple):
    """What an account keeps, and since when it has been full, if it is."""

    usage: Usage
    full_since: datetime | None = None
    # What it borrowed from the pools of which units.
    borrowed: int = 0
    units: tuple[str, ...] = ()


class Usages:
    """Collection `usages`: one document an account; made by counting its mailboxes when there is none yet.

    Near its quota it has `warned`: down to which octets and messages it goes away; when full, likewise `full`, with
    the time since when.
    """

    indexes = (Index("usages", (("counted_at", 1),)), outbox_index("usages"))

    def __init__(self, database: Any) -> None:
        self._usages = database["usages"]
        self._mailboxes = database["mailboxes"]

    async def of(self, owner: str) -> Counted:
        """Also of an account that nothing was counted of yet."""
        return (await self.known([owner])).get(owner) or Counted(await self.total(owner, None))

    async def known(self, owners: Sequence[str]) -> dict[str, Counted]:
        """Of those accounts that something was counted of."""
        found = await every(self._usages.find({"_id": {"$in": list(owners)}}, {"outbox": 0}))
        return {each["_id"]: _counted(each) for each in found}

    async def count(self, owner: str, growth: Usage, bounds: Bounds | None = None, *, session: Any) -> None:
        """Count what is added or taken away, in the transaction that does it and after its mailbox was counted.

        One conditional write as long as the account is neither near its quota nor was. Raises `OverQuota`, which ends
        the transaction, and `RoomWanted`, after which it runs again.
        """
        if growth == Usage():
            return
        carefree: dict[str, Any] = {"_id": owner, "warned": {"$exists": False}, "full": {"$exists": False}}
        if bounds is not None:
            near = bounds.quota.near
            carefree["octets"] = {"$lte": near.octets - growth.octets}
            carefree["messages"] = {"$lte": near.messages - growth.messages}
            if bounds.units and growth.octets > 0:
                carefree["pools"] = list(bounds.units)
                carefree["$expr"] = {"$lte": [{"$add": ["$octets", growth.octets]}, "$borrowed"]}
        change = {"$inc": {"octets": growth.octets, "messages": growth.messages}}
        if not (await self._usages.update_one(carefree, change, session=session)).matched_count:
            await self._count_carefully(owner, growth, bounds, session)

    async def _count_carefully(self, owner: str, growth: Usage, bounds: Bounds | None, session: Any) -> None:
        found = await self._usages.find_one({"_id": owner}, {"outbox": 0}, session=session)
        # The mailboxes were counted before: what is added is among what they have.
        after = await self.total(owner, session) if found is None else _usage(found) + growth
        if bounds is not None and bounds.enforced and bounds.quota.refuses(after, growth):
            raise OverQuota("The mailbox is full")
        if bounds is not None and bounds.units and growth.octets > 0 and not _borrowed(found, bounds, after):
            raise RoomWanted(owner, growth.octets, bounds)
        quota = bounds.quota if bounds is not None else None
        changes: dict[str, Any] = _level(after)
        if found is None:
            changes["counted_at"] = NEVER
        relieved = {"warned": quota.relieved, "full": quota.roomy} if quota is not None else _levels(found or {})
        over = [mark for mark, level in relieved.items() if mark in (found or {}) and after.within(level)]
        facts = []
        if bounds is not None and not after.within(bounds.quota.near) and "warned" not in (found or {}):
            changes["warned"] = _level(bounds.quota.relieved)
            facts = [bounds.reached(after)]
        update = {"$set": changes, **({"$unset": dict.fromkeys(over, "")} if over else {})}
        await self._usages.update_one({"_id": owner}, with_facts(update, *facts), upsert=True, session=session)

    async def total(self, owner: str, session: Any) -> Usage:
        """By the counters of its mailboxes."""
        shown = {"size": 1, "messages": 1}
        found = await every(self._mailboxes.find({"owner": owner, "name": LIVING}, shown, session=session))
        return Usage(sum(each["size"] for each in found), sum(each["messages"] for each in found))

    async def full(self, owner: str, quota: Quota, now: datetime, facts: Sequence[Fact]) -> None:
        """A letter found no room: tell it once until there is some again."""
        which = {"_id": owner, "full": {"$exists": False}}
        mark = {**_level(quota.roomy), "since": now}
        await self._usages.update_one(which, with_facts({"$set": {"full": mark}}, *facts))

    async def not_full(self, owner: str) -> None:
        """There is room again, since it may keep more."""
        await self._usages.update_one({"_id": owner}, {"$unset": {"full": ""}})

    async def due(self, before: datetime, now: datetime) -> list[str]:
        """Accounts that were not counted anew since `before`, each for whoever claims it first."""
        claimed = []
        for found in await self._usages.find({"counted_at": {"$lt": before}}, {"counted_at": 1}).to_list(AT_ONCE):
            seen = {"_id": found["_id"], "counted_at": found["counted_at"]}
            if (await self._usages.update_one(seen, {"$set": {"counted_at": now}})).modified_count:
                claimed.append(found["_id"])
        return claimed

    async def recount(self, owner: str, now: datetime, *, session: Any) -> tuple[Usage, Usage]:
        """Make it what the mailboxes say, in a transaction; what it was, and what it is."""
        found = await self._usages.find_one({"_id": owner}, {"outbox": 0}, session=session)
        total = await self.total(owner, session)
        counts = {"octets": total.octets, "messages": total.messages, "counted_at": now}
        await self._usages.update_one({"_id": owner}, {"$set": counts}, upsert=True, session=session)
        return (_usage(found) if found is not None else Usage()), total


def _usage(document: Document) -> Usage:
    return Usage(document["octets"], document["messages"])


def _counted(document: Document) -> Counted:
    since = document.get("full", {}).get("since")
    return Counted(_usage(document), since, document.get("borrowed", 0), tuple(document.get("pools", ())))


def _borrowed(document: Document | None, bounds: Bounds, after: Usage) -> bool:
    """Whether an account has borrowed for what it comes to."""
    return (
        document is not None
        and document.get("pools", []) == list(bounds.units)
        and after.octets <= document.get("borrowed", 0)
    )


def _level(level: Usage) -> dict[str, Any]:
    return {"octets": level.octets, "messages": level.messages}


def _levels(document: Document) -> dict[str, Usage]:
    """Down to where each mark goes away, as it was when it was made."""
    return {mark: _usage(document[mark]) for mark in ("warned", "full") if mark in document}
