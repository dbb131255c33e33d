"""What accounts borrowed from the pools of their units, as documents.

What all borrowed is in the unit's `allotments` document, what each did in its `usages` document, with the units it is
from: both change in one transaction, so that what a pool lent is always what its accounts borrowed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Index
from chassis.errors import Conflict
from chassis.events import Fact, with_facts
from services.mail.domain.allotment import Holder
from services.mail.domain.pool import SOON, Pool, borrowed
from services.mail.store.cursors import Document, every
from services.mail.store.ids import holder_key
from services.mail.store.usages import NEVER, RoomWanted, Usages

_SHOWN = {"octets": 1, "pools": 1, "borrowed": 1}


@dataclass(frozen=True, slots=True)
class Round:
    """A pool that is looked after, and how far: accounts up to `after` were."""

    pool: Pool
    after: str
    due: datetime
    number: int


class Pools:
    """Field `pool` of units' `allotments`, fields `pools` and `borrowed` of `usages`.

    A pool that was taken away keeps its count until everybody has given back: given again, it goes on counting.
    """

    indexes = (
        Index("usages", (("pools", 1), ("_id", 1))),
        Index("allotments", (("pool.due", 1),), sparse=True),
    )

    def __init__(self, database: Any, counted: Usages) -> None:
        self._counted = counted
        self._allotments = database["allotments"]
        self._usages = database["usages"]

    async def of(self, unit_id: str) -> Pool | None:
        """What a unit was given, or had before."""
        found = await self._allotments.find_one({"_id": pool_key(unit_id), "pool": {"$exists": True}}, {"outbox": 0})
        return pool(found) if found is not None else None

    async def give(self, given: Pool, now: datetime, facts: Sequence[Fact]) -> None:
        """Instead of what the unit had. What is kept already is counted by a round that begins now."""
        fields: dict[str, Any] = {"name": given.name, "path": list(given.unit_path), "counting": True, "after": ""}
        fields |= {"due": now} | ({"octets": given.octets} if given.octets is not None else {})
        change: dict[str, Any] = {
            "$set": {f"pool.{name}": value for name, value in fields.items()},
            # A round that is under way ends without effect.
            "$inc": {"pool.round": 1, "pool.lent": 0},
        }
        if given.octets is None:
            change["$unset"] = {"pool.octets": "", "pool.full_since": "", "pool.told": ""}
        await self._allotments.update_one({"_id": pool_key(given.unit_id)}, with_facts(change, *facts), upsert=True)

    async def borrow(self, wanted: RoomWanted, *, session: Any) -> bool:
        """Have an account borrow from the units that it stands in by now, for what it keeps and for `wanted`; whether
        there was room. What it keeps is borrowed whether there is room or not, and so is what must not be refused.
        Where there was none, others will soon have given back what they do not use.
        """
        octets, had = await self._enter(wanted.owner, wanted.units, session)
        more = octets + wanted.growth - had
        if more <= 0:
            return True
        found = await self._found(wanted.units, session)
        if wanted.enforced:
            lent = borrowed([each.pool for each in found if each.pool.octets is not None], had, had + more)
        else:
            lent = more
        if lent is not None:
            await self._change(wanted.owner, wanted.units, had, wanted.units, had + lent, session)
        soon = wanted.at + SOON
        for each in found:
            if each.due > soon and (lent is None or each.pool.near):
                change = {"$set": {"pool.due": soon}}
                await self._allotments.update_one({"_id": pool_key(each.pool.unit_id)}, change, session=session)
        return lent is not None

    async def settle(self, owner: str, units: Sequence[str], *, session: Any) -> None:
        """Have an account borrow from these units alone, for what it keeps."""
        await self._enter(owner, units, session)

    async def _enter(self, owner: str, units: Sequence[str], session: Any) -> tuple[int, int]:
        """What it keeps, and what it borrowed."""
        found = await self._usages.find_one({"_id": owner}, _SHOWN, session=session)
        if found is None:
            total = await self._counted.total(owner, session)
            counts = {"octets": total.octets, "messages": total.messages, "counted_at": NEVER}
            await self._usages.update_one({"_id": owner}, {"$set": counts}, upsert=True, session=session)
            found = {"octets": total.octets}
        had, since = found.get("borrowed", 0), found.get("pools", [])
        if since != list(units) or (units and had < found["octets"]):
            await self._change(owner, since, had, units, found["octets"], session)
            had = found["octets"]
        return found["octets"], had

    async def _change(
        self, owner: str, since: Sequence[str], had: int, units: Sequence[str], has: int, session: Any
    ) -> None:
        """What was `had` from some units is `has` from these."""
        await self._lend(since, had, units, has, session)
        change = (
            {"$set": {"pools": list(units), "borrowed": has}} if units else {"$unset": {"pools": "", "borrowed": ""}}
        )
        await self._usages.update_one({"_id": owner}, change, session=session)

    async def _lend(self, since: Sequence[str], had: int, units: Sequence[str], has: int, session: Any) -> None:
        for unit_id in sorted({*since, *units}):  # in one order, so that two do not wait for each other
            growth = (has if unit_id in units else 0) - (had if unit_id in since else 0)
            if growth:
                lent = await self._allotments.update_one(
                    {"_id": pool_key(unit_id), "pool": {"$exists": True}},
                    {"$inc": {"pool.lent": growth}},
                    session=session,
                )
                # Only who was held up for long still believes in it, and what nobody counts is not borrowed.
                if growth > 0 and not lent.matched_count:
                    raise Conflict("A pool that the account would borrow from is no more")

    async def return_spare(self, owner: str, spare: int, *, session: Any) -> None:
        """Have an account give back what it borrowed beyond what it keeps and `spare` octets."""
        found = await self._usages.find_one({"_id": owner}, _SHOWN, session=session)
        if found is None or "pools" not in found:
            return
        has = found["octets"] + min(max(found["borrowed"] - found["octets"], 0), spare)
        if has != found["borrowed"]:
            await self._change(owner, found["pools"], found["borrowed"], found["pools"], has, session)

    async def forget(self, owner: str, *, session: Any) -> None:
        """Of an account that is no more: all that it borrowed, and what it kept."""
        found = await self._usages.find_one({"_id": owner}, _SHOWN, session=session)
        if found is not None and "pools" in found:
            await self._lend(found["pools"], found["borrowed"], (), 0, session)
        await self._usages.delete_one({"_id": owner}, session=session)

    async def borrowers(self, unit_id: str, after: str, count: int) -> list[tuple[str, int]]:
        """Up to `count` accounts that borrowed from a unit, by their ids, which follow `after`; each with what it
        borrowed and does not use."""
        asked = self._usages.find({"pools": unit_id, "_id": {"$gt": after}}, _SHOWN).sort("_id", 1).limit(count)
        return [(each["_id"], each["borrowed"] - each["octets"]) for each in await every(asked)]

    async def claim_due(self, now: datetime, lease: timedelta, most: int) -> list[Round]:
        """Pools that are to be looked after, each for whoever claims it first. Due again after the lease, or sooner
        when somebody finds no room."""
        claimed = []
        for found in await self._allotments.find({"pool.due": {"$lte": now}}, {"pool": 1}).to_list(most):
            seen = {"_id": found["_id"], "pool.due": found["pool"]["due"], "pool.round": found["pool"]["round"]}
            change = {"$set": {"pool.due": now + lease}, "$inc": {"pool.round": 1}}
            if (await self._allotments.update_one(seen, change)).modified_count:
                claimed.append(replace(_round(found), number=found["pool"]["round"] + 1))
        return claimed

    async def passed(self, claim: Round, after: str, due: datetime, *, counting: bool) -> bool:
        """The round has come as far as `after`. False, and nothing happens, where it was claimed again, or given anew:
        whoever did that goes on with it."""
        change: dict[str, Any] = {"$set": {"pool.after": after, "pool.due": due}}
        if not counting:
            change["$unset"] = {"pool.counting": ""}
        return bool((await self._allotments.update_one(_as_claimed(claim), change)).matched_count)

    async def weighed(
        self, claim: Round, told: int, full_since: datetime | None, due: datetime, facts: Sequence[Fact]
    ) -> None:
        """The round has ended, and this was told of what it found. Nothing happens where it was claimed again."""
        change: dict[str, Any] = {"$set": {"pool.told": told, "pool.after": "", "pool.due": due}}
        if full_since is not None:
            change["$set"]["pool.full_since"] = full_since
        else:
            change["$unset"] = {"pool.full_since": ""}
        await self._allotments.update_one(_as_claimed(claim), with_facts(change, *facts))

    async def ended(self, claim: Round) -> None:
        """Nobody borrows from it, and nobody will: there is nothing left of it."""
        gone = _as_claimed(claim) | {"pool.octets": {"$exists": False}, "pool.lent": 0}
        await self._allotments.update_one(gone, {"$unset": {"pool": ""}})

    async def _found(self, units: Sequence[str], session: Any) -> list[Round]:
        wanted = {"_id": {"$in": [pool_key(each) for each in units]}}
        found = await every(self._allotments.find(wanted, {"pool": 1}, session=session))
        return [_round(each) for each in found if "pool" in each]


def pool_key(unit_id: str) -> str:
    """Of a unit's `allotments` document."""
    return holder_key(Holder.UNIT, unit_id)


def pool(document: Mapping[str, Any]) -> Pool:
    """By a unit's `allotments` document."""
    found = document["pool"]
    return Pool(
        unit_id=document["_id"].removeprefix(pool_key("")),
        octets=found.get("octets"),
        lent=found.get("lent", 0),
        name=found["name"],
        unit_path=tuple(found["path"]),
        counting=found.get("counting", False),
        told=found.get("told", 0),
        full_since=found.get("full_since"),
    )


def _round(document: Document) -> Round:
    found = document["pool"]
    return Round(pool(document), found["after"], found["due"], found["round"])


def _as_claimed(claim: Round) -> Document:
    return {"_id": pool_key(claim.pool.unit_id), "pool.round": claim.number}
