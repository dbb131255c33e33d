"""Reminders that are due as documents: made once each, kept for devices that come back, and then forgotten."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pymongo.errors import BulkWriteError

from chassis.documents import Database, Index, transaction
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from chassis.ids import new_id
from services.calendar.domain.reminders import KEPT, MAX_DEVICES, Reminder

_DUPLICATE = 11000
MOST = 500
# Facts of one document, and how long their JSON may be together.
FACTS_TOGETHER = 50
OCTETS_TOGETHER = 1_000_000


class ReminderStore:
    """The collections `reminders` and `reminder_outboxes`.

    What those say that become due together lies in few documents, which go when it is told: taking it out of each
    reminder cost the embedded database as much again as making it, index entries and all.
    """

    indexes = (
        Index("reminders", (("owner", 1), ("dismissed", 1))),
        Index("reminders", (("event", 1),)),
        Index("reminders", (("again_at", 1),), sparse=True),
        Index("reminders", (("expires_at", 1),), expire_seconds=0),
        outbox_index("reminders"),
        outbox_index("reminder_outboxes"),
    )

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reminders, self._outboxes = database["reminders"], database["reminder_outboxes"]

    async def keep(self, told: Sequence[tuple[Reminder, Sequence[Fact]]]) -> None:
        """Those that are new, in one transaction with their facts; those that are there stay as they are, and tell
        nothing again."""
        if not told:
            return
        try:
            await transaction(self._database, partial(self._keep_new, told))
        except BulkWriteError as error:
            # Another worker made some of them meanwhile: now they are there.
            if any(each["code"] != _DUPLICATE for each in error.details["writeErrors"]):
                raise
            await transaction(self._database, partial(self._keep_new, told))

    async def _keep_new(self, told: Sequence[tuple[Reminder, Sequence[Fact]]], session: Any) -> None:
        wanted = {"_id": {"$in": [reminder.id for reminder, _ in told]}}
        there = {each["_id"] async for each in self._reminders.find(wanted, {"_id": 1}, session=session)}
        new = [(reminder, facts) for reminder, facts in told if reminder.id not in there]
        if new:
            await self._reminders.insert_many([_document(reminder) for reminder, _ in new], session=session)
            await self._outboxes.insert_many(_outboxes([each for _, facts in new for each in facts]), session=session)

    async def find(self, owner: str, reminder_id: str) -> Reminder | None:
        found = await self._reminders.find_one({"_id": reminder_id})
        return _reminder(found) if found is not None and found["owner"] == owner else None

    async def waiting(self, owner: str) -> list[Reminder]:
        """Those that nobody is done with, nor has put off, the earliest first."""
        cursor = self._reminders.find({"owner": owner, "dismissed": False}).limit(MOST)
        found = [_reminder(each) for each in await cursor.to_list(MOST) if "again_at" not in each]
        return sorted(found, key=lambda each: each.due_at)

    async def shown(self, owner: str, ids: Sequence[str], device: str) -> None:
        which = {"_id": {"$in": list(ids)}, "owner": owner, f"shown_on.{MAX_DEVICES - 1}": {"$exists": False}}
        await self._reminders.update_many(which, {"$addToSet": {"shown_on": device}})

    async def dismiss(self, reminder_id: str) -> None:
        update = {"$set": {"dismissed": True}, "$unset": {"again_at": ""}}
        await self._reminders.update_one({"_id": reminder_id}, update)

    async def snooze(self, reminder: Reminder) -> None:
        moment = datetime.fromtimestamp(reminder.due_at, UTC)
        said = {"again_at": moment, "due_at": reminder.due_at, "shown_on": [], "dismissed": False}
        await self._reminders.update_one({"_id": reminder.id}, {"$set": {**said, "expires_at": _expiry(reminder)}})

    async def to_tell_again(self, now: datetime, most: int) -> list[Reminder]:
        cursor = self._reminders.find({"again_at": {"$lte": now}}).limit(most)
        return [_reminder(each) for each in await cursor.to_list(most)]

    async def told_again(self, reminder: Reminder, *facts: Fact) -> None:
        """In one write; not where it was put off anew, or dismissed."""
        waiting = {"_id": reminder.id, "due_at": reminder.due_at, "again_at": {"$exists": True}}
        await self._reminders.update_one(waiting, with_facts({"$unset": {"again_at": ""}}, *facts))

    async def forget_event(self, event: str, session: Any) -> None:
        """Nobody is reminded of what is off, or of when it was."""
        update = {"$set": {"dismissed": True}, "$unset": {"again_at": ""}}
        await self._reminders.update_many({"event": event}, update, session=session)

    async def forget(self, owner: str) -> None:
        for dismissed in (True, False):
            await self._reminders.delete_many({"owner": owner, "dismissed": dismissed})


def _outboxes(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """Documents that go when what is in them is told."""
    parts: list[list[Fact]] = [[]]
    octets = 0
    for each in facts:
        octets += len(each["body"])
        if parts[-1] and (len(parts[-1]) == FACTS_TOGETHER or octets > OCTETS_TOGETHER):
            parts.append([])
            octets = len(each["body"])
        parts[-1].append(each)
    return [document_with_facts({"_id": new_id(), "deleted": True}, *part) for part in parts]


def _expiry(reminder: Reminder) -> datetime:
    return datetime.fromtimestamp(max(reminder.due_at, reminder.end) + KEPT, UTC)


def _document(reminder: Reminder) -> dict[str, Any]:
    return {
        "_id": reminder.id,
        "owner": reminder.owner,
        "event": reminder.event,
        "calendar": reminder.calendar,
        "uid": reminder.uid,
        "summary": reminder.summary,
        "location": reminder.location,
        "start": reminder.start,
        "end": reminder.end,
        "all_day": reminder.all_day,
        "due_at": reminder.due_at,
        "by_mail": reminder.by_mail,
        "component": reminder.component,
        "shown_on": list(reminder.shown_on),
        "dismissed": reminder.dismissed,
        "expires_at": _expiry(reminder),
    }


def _reminder(document: dict[str, Any]) -> Reminder:
    return Reminder(
        id=document["_id"],
        owner=document["owner"],
        event=document["event"],
        calendar=document["calendar"],
        uid=document["uid"],
        summary=document["summary"],
        location=document["location"],
        start=document["start"],
        end=document["end"],
        all_day=document["all_day"],
        due_at=document["due_at"],
        by_mail=document["by_mail"],
        component=document["component"],
        shown_on=tuple(document["shown_on"]),
        dismissed=document["dismissed"],
    )
