"""Preferences as documents; who has none wishes what is usual."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chassis.documents import Database, Index
from services.calendar.domain.preferences import Preferences


class PreferenceStore:
    """The collection `preferences`, by owner."""

    indexes: tuple[Index, ...] = (Index("preferences", (("daily_agenda", 1),), sparse=True),)

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

    async def keep(self, preferences: Preferences) -> None:
        said = asdict(preferences)
        owner = said.pop("owner")
        # Sparse: the round that writes agendas reads those that wish one.
        update: dict[str, Any] = {"$set": {name: value for name, value in said.items() if value is not False}}
        if gone := {name: "" for name, value in said.items() if value is False}:
            update["$unset"] = gone
        await self._preferences.update_one({"_id": owner}, update, upsert=True)

    async def forget(self, owner: str) -> None:
        await self._preferences.delete_one({"_id": owner})


def _preferences(document: dict[str, Any]) -> Preferences:
    said = {name: value for name, value in document.items() if name != "_id"}
    said["working_hours"] = tuple((day, start, end) for day, start, end in said["working_hours"])
    said["default_reminders"] = tuple(said["default_reminders"])
    return Preferences(owner=document["_id"], **said)
