"""Preferences as documents; who has none wishes what is usual."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chassis.documents import Database, Index
from chassis.events import Fact, outbox_index, with_facts
from services.calendar.domain.preferences import FIELDS, Preferences
from services.calendar.store.hours import hours_document, hours_of


class PreferenceStore:
    """The collection `preferences`, by owner."""

    indexes = (Index("preferences", (("agenda_due", 1),)), outbox_index("preferences"))

    def __init__(self, database: Database) -> None:
        self._preferences = database["preferences"]

    async def of(self, owner: str) -> Preferences:
        found = await self._preferences.find_one({"_id": owner})
        return _preferences(found) if found is not None else Preferences(owner)

    async def of_all(self, owners: Sequence[str]) -> dict[str, Preferences]:
        """Of several, in one question."""
        said = {owner: Preferences(owner) for owner in owners}
        async for document in self._preferences.find({"_id": {"$in": list(owners)}}):
            said[document["_id"]] = _preferences(document)
        return said

    async def keep(self, preferences: Preferences, agenda_due: datetime | None) -> None:
        """`agenda_due` is when the next agenda of a day is to be written, if ever."""
        said, hours = asdict(preferences), preferences.working_hours
        said["working_hours"] = hours_document(hours) if hours is not None else None
        owner = said.pop("owner")
        await self._preferences.update_one({"_id": owner}, {"$set": {**said, "agenda_due": agenda_due}}, upsert=True)

    async def agendas_due(self, now: datetime, most: int) -> list[tuple[Preferences, datetime]]:
        """Who waits for the day's agenda, and since when."""
        cursor = self._preferences.find({"agenda_due": {"$lte": now}}).limit(most)
        return [(_preferences(each), each["agenda_due"]) for each in await cursor.to_list(most)]

    async def agenda_written(self, owner: str, since: datetime, following: datetime | None, *facts: Fact) -> None:
        """In one write; not where somebody else wrote it, or what is wished changed."""
        update = with_facts({"$set": {"agenda_due": following}}, *facts)
        await self._preferences.update_one({"_id": owner, "agenda_due": since}, update)

    async def forget(self, owner: str) -> None:
        await self._preferences.delete_one({"_id": owner})


def _preferences(document: dict[str, Any]) -> Preferences:
    said = {name: document[name] for name in FIELDS if name in document}
    said["working_hours"] = hours_of(said["working_hours"]) if said["working_hours"] else None
    said["default_reminders"] = tuple(said["default_reminders"])
    said["hidden_calendars"] = tuple(said.get("hidden_calendars", ()))
    return Preferences(owner=document["_id"], **said)
