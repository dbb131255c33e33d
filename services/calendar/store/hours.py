"""What was said of the working hours of units, and of holidays; working hours of anybody as documents."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from chassis.documents import Database
from services.calendar.domain.finding.holidays import Correction
from services.calendar.domain.finding.working_hours import WorkingHours


class HoursStore:
    """The collections `unit_hours`, by unit, and `holidays`, by year."""

    def __init__(self, database: Database) -> None:
        self._hours = database["unit_hours"]
        self._holidays = database["holidays"]

    async def of(self, units: Iterable[str]) -> dict[str, WorkingHours]:
        """Those of some units that have some."""
        found = self._hours.find({"_id": {"$in": sorted(set(units))}})
        return {each["_id"]: hours_of(each) async for each in found}

    async def put(self, unit_id: str, hours: WorkingHours) -> None:
        await self._hours.update_one({"_id": unit_id}, {"$set": hours_document(hours)}, upsert=True)

    async def remove(self, unit_id: str) -> None:
        await self._hours.delete_one({"_id": unit_id})

    async def corrections(self, years: Iterable[int], session: Any = None) -> list[Correction]:
        """What an administrator said of the holidays of some years, and of those beside them."""
        wanted = {beside for year in years for beside in (year - 1, year, year + 1)}
        found = self._holidays.find({"_id": {"$in": sorted(wanted)}}, session=session)
        return [_correction(document["_id"], each) async for document in found for each in document["corrections"]]

    async def correct(self, year: int, corrections: Sequence[Correction]) -> None:
        """Instead of what was said of the year before."""
        said = [
            {
                "key": each.key,
                "day": each.day.isoformat() if each.day is not None else "",
                "french": each.french,
                "english": each.english,
                "number": each.number,
            }
            for each in corrections
        ]
        await self._holidays.update_one({"_id": year}, {"$set": {"corrections": said}}, upsert=True)


def hours_document(hours: WorkingHours) -> dict[str, Any]:
    return {"zone": hours.zone, "days": [[list(span) for span in day] for day in hours.days]}


def hours_of(document: Mapping[str, Any]) -> WorkingHours:
    days = tuple(tuple((start, end) for start, end in day) for day in document["days"])
    return WorkingHours(document["zone"], days)


def _correction(year: int, document: Mapping[str, Any]) -> Correction:
    day = date.fromisoformat(document["day"]) if document["day"] else None
    return Correction(year, document["key"], day, document["french"], document["english"], document["number"])
