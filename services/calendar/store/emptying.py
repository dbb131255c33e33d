"""Calendars that are gone, while what was in them goes: nobody sees either any more."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from chassis.documents import Database, Index, transaction
from chassis.errors import NotFound
from services.calendar.domain.access import NO_CALENDAR
from services.calendar.domain.calendars import Calendar
from services.calendar.store.calendars import EMPTYING, calendar_of

T = TypeVar("T")


class EmptyingStore:
    """The collection `emptying`: each as it was when it was given up (`CalendarStore.give_up`), by its id."""

    indexes = (Index(EMPTYING, (("owner", 1),)), Index(EMPTYING, (("turn_at", 1),)))

    def __init__(self, database: Database) -> None:
        self._database = database
        self._emptying = database[EMPTYING]

    async def among(self, calendar_ids: Iterable[str], session: Any = None) -> set[str]:
        """Those of some ids that are being emptied."""
        ids = sorted(set(calendar_ids))
        if not ids:
            return set()
        found = self._emptying.find({"_id": {"$in": ids}}, {"_id": 1}, session=session)
        return {each["_id"] async for each in found}

    async def first(self, most: int) -> list[Calendar]:
        """Those that wait longest."""
        found = self._emptying.find({}).sort("turn_at", 1).limit(most)
        return [calendar_of(each) for each in await found.to_list(most)]

    async def put_off(self, calendar_id: str, now: datetime) -> None:
        """Behind those that wait already."""
        await self._emptying.update_one({"_id": calendar_id}, {"$set": {"turn_at": now}})

    async def of(self, owner: str) -> list[Calendar]:
        return [calendar_of(each) async for each in self._emptying.find({"owner": owner})]

    async def changing(self, calendar_id: str, act: Callable[[Calendar, Any], Awaitable[T]]) -> T:
        """Run `act(calendar, session)` in a transaction that has given out the next modseq: whoever else empties it
        conflicts and begins again. It may run several times. Raises `NotFound` when it is empty and gone."""

        async def whole(session: Any) -> T:
            which = {"_id": calendar_id}
            await self._emptying.update_one(which, {"$inc": {"modseq": 1}}, session=session)
            found = await self._emptying.find_one(which, session=session)
            if found is None:
                raise NotFound(NO_CALENDAR)
            return await act(calendar_of(found), session)

        return await transaction(self._database, whole)

    async def done(self, calendar_id: str, session: Any) -> None:
        await self._emptying.delete_one({"_id": calendar_id}, session=session)
