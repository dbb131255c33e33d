"""Calendars as documents. Whoever changes what is in one advances it first, in the same transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TypeVar

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, Index, transaction
from chassis.errors import AlreadyExists, NotFound
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from chassis.ids import new_id
from services.calendar.domain.access import NO_CALENDAR, Grant, Role
from services.calendar.domain.calendars import Calendar, id_of
from services.calendar.domain.locks import Lock

T = TypeVar("T")
TAKEN = "There is a calendar of this name"
# No owner has an id like this.
GONE = "gone/"
# Those that are gone while what was in them goes.
EMPTYING = "emptying"


class CalendarStore:
    """The collection `calendars`."""

    indexes = (
        Index("calendars", (("owner", 1),)),
        # The name of URLs.
        Index("calendars", (("owner", 1), ("name", 1))),
        Index("calendars", (("grants.grantee", 1),)),
        Index("calendars", (("unit_path", 1),)),
        # Began, or ceased, to take its owner's time, and its objects do not say so yet.
        Index("calendars", (("count_again", 1),), sparse=True),
        outbox_index("calendars"),
    )

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calendars = database["calendars"]
        self._emptying = database[EMPTYING]

    async def insert(self, calendar: Calendar, *facts: Fact, session: Any = None) -> None:
        """Raises `AlreadyExists` when its owner has one of this name."""
        document = {
            "_id": calendar.id,
            "owner": calendar.owner,
            "name": calendar.name,
            "kind": calendar.kind,
            "epoch": calendar.epoch,
            "created_at": calendar.created_at,
            "components": list(calendar.components),
            "modseq": calendar.modseq,
            "horizon": calendar.horizon,
            "objects": calendar.objects,
            "octets": calendar.octets,
            "unit_path": list(calendar.unit_path),
            **_said(calendar),
        }
        try:
            await self._calendars.insert_one(document_with_facts(document, *facts), session=session)
        except DuplicateKeyError as error:
            raise AlreadyExists(TAKEN, fields={"name": "taken"}) from error

    async def placed(self, calendar: Calendar, session: Any) -> Calendar:
        """With an id that nothing is found by: while an earlier one of its name is emptied, objects have that one's.
        To be inserted in this transaction, which conflicts with any other that does the same, and with the end of the
        emptying, so that two of one name never get different ids. Raises `AlreadyExists`."""
        if await self.named(calendar.owner, calendar.name, session) is not None:
            raise AlreadyExists(TAKEN, fields={"name": "taken"})
        followed = await self._emptying.update_one({"_id": calendar.id}, {"$inc": {"followed": 1}}, session=session)
        if not followed.matched_count:
            return calendar
        return replace(calendar, key=f"{calendar.id}.{calendar.epoch.lower()}")

    async def named(self, owner: str, name: str, session: Any = None) -> Calendar | None:
        """By the name of URLs."""
        found = await self._calendars.find_one({"owner": owner, "name": name}, session=session)
        return calendar_of(found) if found is not None else None

    async def of(self, owner: str) -> list[Calendar]:
        return [calendar_of(each) async for each in self._calendars.find({"owner": owner})]

    async def of_all(self, owners: Sequence[str]) -> list[Calendar]:
        """Those of several owners, in one question."""
        return [calendar_of(each) async for each in self._calendars.find({"owner": {"$in": list(owners)}})]

    async def granted(self, grantees: Sequence[str]) -> list[Calendar]:
        """Those that somebody of these was given a right on."""
        return [calendar_of(each) async for each in self._calendars.find({"grants.grantee": {"$in": list(grantees)}})]

    async def in_unit(self, unit_id: str) -> list[Calendar]:
        """Those of teams, of a unit and of those below it."""
        return [calendar_of(each) async for each in self._calendars.find({"unit_path": unit_id})]

    async def place(self, calendar_id: str, unit_id: str, path: Sequence[str], version: int) -> None:
        """Where a team is by what was told of one of the units above it, or of its own; not by what is older."""
        newer = {"_id": calendar_id, f"units.{unit_id}": {"$not": {"$gte": version}}}
        update = {"$set": {"unit_path": list(path), f"units.{unit_id}": version}}
        await self._calendars.update_one(newer, update)

    async def inherit(self, calendar: Calendar, unit_id: str, heir: str) -> bool:
        """What all of a unit were given, all of its heir have; where they have a right already, the wider one. False
        when the calendar was changed since it was read."""
        kept = [each for each in calendar.grants if each.grantee not in (unit_id, heir)]
        own = [each for each in calendar.grants if each.grantee in (unit_id, heir)]
        widest = Grant(heir, max(each.role for each in own), any(each.sees_private for each in own))
        grants = [_grant(each) for each in (*kept, widest)]
        same = {"_id": calendar.id, "modseq": calendar.modseq}
        return bool((await self._calendars.update_one(same, {"$set": {"grants": grants}})).matched_count)

    async def forget_grantee(self, grantee: str) -> None:
        """What somebody who is gone for good was given, with what they locked there."""
        given = {"$pull": {"grants": {"grantee": grantee}, "locks": {"account_id": grantee}}}
        await self._calendars.update_many({"grants.grantee": grantee}, given)

    async def find(self, calendar_id: str, session: Any = None) -> Calendar | None:
        found = await self._calendars.find_one({"_id": calendar_id}, session=session)
        return calendar_of(found) if found is not None else None

    async def get(self, calendar_id: str, session: Any = None) -> Calendar:
        """Raises `NotFound`."""
        found = await self.find(calendar_id, session)
        if found is None:
            raise NotFound(NO_CALENDAR)
        return found

    async def those(self, calendar_ids: Sequence[str]) -> list[Calendar]:
        """Those of some ids that are there."""
        return [calendar_of(each) async for each in self._calendars.find({"_id": {"$in": list(calendar_ids)}})]

    async def together(self, act: Callable[[Any], Awaitable[T]]) -> T:
        """Run `act(session)` in a transaction; it may run several times."""
        return await transaction(self._database, act)

    async def changing(
        self, calendar_id: str, act: Callable[[Calendar, Any], Awaitable[T]], objects: int = 0, octets: int = 0
    ) -> T:
        """Run `act(calendar, session)` in a transaction that has given out the next modseq, which is the calendar's
        then, and has counted so many objects and octets more. It may run several times; an exception of its own rolls
        back and is raised. Raises `NotFound`, `Conflict`."""

        async def whole(session: Any) -> T:
            return await act(await self.advance(calendar_id, session, objects, octets), session)

        return await transaction(self._database, whole)

    async def changing_both(self, ids: tuple[str, str], act: Callable[[Calendar, Calendar, Any], Awaitable[T]]) -> T:
        """The same of two calendars, or of one that is both."""

        async def whole(session: Any) -> T:
            # In one order whoever moves in which direction, so that two movers do not wait for each other.
            advanced = {each: await self.advance(each, session) for each in sorted(set(ids))}
            return await act(advanced[ids[0]], advanced[ids[1]], session)

        return await transaction(self._database, whole)

    async def advance(self, calendar_id: str, session: Any, objects: int = 0, octets: int = 0) -> Calendar:
        """Give out the next modseq, and count what comes or goes; the calendar after it. Raises `NotFound`.

        The first write of a transaction: whoever else changes the same calendar conflicts at once and begins again, so
        that a higher modseq is never seen before a lower one. Two commands: for `find_one_and_update` the embedded
        database reads every calendar there is.
        """
        growth = {"modseq": 1, "objects": objects, "octets": octets}
        answer = await self._calendars.update_one({"_id": calendar_id}, {"$inc": growth}, session=session)
        if not answer.matched_count:
            raise NotFound(NO_CALENDAR)
        return await self.get(calendar_id, session)

    async def locking(self, calendar_id: str, act: Callable[[Calendar, Any], Awaitable[T]]) -> T:
        """The same without a new modseq: what is in the calendar stays as it is. Whoever writes in it meanwhile
        conflicts with this, and sees the locks."""

        async def whole(session: Any) -> T:
            touched = {"$inc": {"locked": 1}}
            answer = await self._calendars.update_one({"_id": calendar_id}, touched, session=session)
            if not answer.matched_count:
                raise NotFound(NO_CALENDAR)
            return await act(await self.get(calendar_id, session), session)

        return await transaction(self._database, whole)

    async def hold(self, calendar_id: str, locks: Sequence[Lock], session: Any) -> None:
        """These locks, and no others."""
        said = {"$set": {"locks": [asdict(lock) for lock in locks]}}
        await self._calendars.update_one({"_id": calendar_id}, said, session=session)

    async def count(self, calendar_id: str, objects: int, octets: int, session: Any) -> None:
        """Note how many objects and octets came, or went."""
        if objects or octets:
            growth = {"$inc": {"objects": objects, "octets": octets}}
            await self._calendars.update_one({"_id": calendar_id}, growth, session=session)

    async def describe(self, calendar: Calendar, session: Any, *facts: Fact, counting: bool = False) -> None:
        """Write what its owner says of it, and whom it is shared with; `counting` notes that its objects are to say
        anew whether they take time."""
        noted = {"count_again": calendar.modseq} if counting else {}
        update = with_facts({"$set": _said(calendar) | noted}, *facts)
        await self._calendars.update_one({"_id": calendar.id}, update, session=session)

    async def to_count_again(self, most: int) -> list[tuple[str, int]]:
        """Ids of calendars of which that was noted, and the modseq of then."""
        found = self._calendars.find({"count_again": {"$gt": 0}}, {"count_again": 1}).limit(most)
        return [(each["_id"], each["count_again"]) for each in await found.to_list(most)]

    async def counted_again(self, calendar_id: str, change: int) -> None:
        """It is done, unless it was noted anew meanwhile."""
        which = {"_id": calendar_id, "count_again": change}
        await self._calendars.update_one(which, {"$unset": {"count_again": ""}})

    async def tell_once(self, calendar_id: str, mark: str, *facts: Fact) -> None:
        """Leave facts that are no change of the calendar; those of a mark once."""
        update = with_facts({"$addToSet": {"told": mark}}, *facts)
        await self._calendars.update_one({"_id": calendar_id, "told": {"$ne": mark}}, update)

    async def give_up(self, calendar_id: str, now: datetime, session: Any, *facts: Fact) -> None:
        """It is none of the calendars any more, but one to be emptied (`EmptyingStore`). What it has to tell, facts of
        before among that, stays under no name until it is told."""
        left = await self._calendars.find_one({"_id": calendar_id}, session=session)
        untold = [*(left or {}).get("outbox", ()), *facts]
        await self._calendars.delete_one({"_id": calendar_id}, session=session)
        if left is not None:
            kept = {name: value for name, value in left.items() if name not in ("outbox", "pending")}
            await self._emptying.insert_one({**kept, "turn_at": now}, session=session)
        gone = {"_id": f"{GONE}{new_id()}", "deleted": True}
        await self._calendars.insert_one(document_with_facts(gone, *untold), session=session)

    async def tell(self, *facts: Fact) -> None:
        """Facts of no calendar: each is there until it is published."""
        await self._calendars.insert_one(document_with_facts({"_id": f"{GONE}{new_id()}", "deleted": True}, *facts))

    async def forget_until(self, calendar_id: str, modseq: int) -> None:
        """Deletions up to this modseq are about to be forgotten."""
        await self._calendars.update_one({"_id": calendar_id}, {"$max": {"horizon": modseq}})


def _said(calendar: Calendar) -> dict[str, Any]:
    return {
        "title": calendar.title,
        "description": calendar.description,
        "color": calendar.color,
        "order": calendar.order,
        "time_zone": calendar.time_zone,
        "time_zone_definition": calendar.time_zone_definition,
        "transparent": calendar.transparent,
        "grants": [_grant(each) for each in calendar.grants],
        # Expanded names hold dots and dollars, which are no names of fields.
        "properties": [[name, value] for name, value in calendar.properties.items()],
    }


def _grant(grant: Grant) -> dict[str, Any]:
    return {"grantee": grant.grantee, "role": int(grant.role), "sees_private": grant.sees_private}


def calendar_of(document: Mapping[str, Any]) -> Calendar:
    usual = id_of(document["owner"], document["name"])
    return Calendar(
        key="" if document["_id"] == usual else document["_id"],
        owner=document["owner"],
        name=document["name"],
        kind=document["kind"],
        title=document["title"],
        epoch=document["epoch"],
        created_at=document["created_at"],
        description=document["description"],
        color=document["color"],
        order=document["order"],
        time_zone=document["time_zone"],
        time_zone_definition=document["time_zone_definition"],
        components=tuple(document["components"]),
        transparent=document["transparent"],
        modseq=document["modseq"],
        horizon=document["horizon"],
        objects=document["objects"],
        octets=document["octets"],
        unit_path=tuple(document["unit_path"]),
        grants=tuple(Grant(each["grantee"], Role(each["role"]), each["sees_private"]) for each in document["grants"]),
        locks=tuple(Lock(**each) for each in document.get("locks", ())),
        properties={pair[0]: pair[1] for pair in document["properties"]},
    )
