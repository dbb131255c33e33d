"""Calendar objects as documents: the octets as they were given, and beside them what windows, cursors, search and
schedulers ask for."""

import zlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import UpdateMany
from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, Index
from chassis.errors import Conflict
from chassis.events import Fact, outbox_index, with_facts
from services.calendar.domain.stored import Stored
from services.calendar.store.emptying import EmptyingStore
from services.calendar.store.encoding import FOUND_BY, ROLLED, busy_of, document_of, stored_of, task_mark, terms_of
from services.calendar.store.standing import standing

AT_ONCE = 100
# Of one question by names: what the embedded database pays for it grows with its square, what each costs is the same.
NAMES_AT_ONCE = 33
SHARDS = 4
FORGOTTEN_AT_ONCE = 1000
COUNTED_AT_ONCE = 50
# Found due by one question, which is not long ago when the last of them is told.
DUE_AT_ONCE = 3000
REMINDED_AT_ONCE = 500
# By one write, of which the embedded database compares each object with half of the keys.
ADVANCED_AT_ONCE, ADVANCES_TOGETHER = 40, 10
_ROW = {"name": 1, "etag": 1, "schedule_tag": 1, "modseq": 1, "octets": 1, "updated_at": 1, "component": 1, "uid": 1}
_WITHOUT_CONTENT = {"content": 0}
# What a window needs: not by what it is found.
_OF_WINDOW = {"content": 0, **dict.fromkeys(FOUND_BY, 0)}


class Row(NamedTuple):
    """What a cursor says of an object."""

    name: str
    etag: str
    schedule_tag: str
    modseq: int
    octets: int
    updated_at: datetime
    component: str
    uid: str
    key: str = ""


class Removed(NamedTuple):
    """A name under which nothing is any more."""

    document_id: str
    calendar: str
    name: str
    modseq: int
    # By which REST named it.
    key: str = ""


class Meanwhile(Conflict):
    """What is there is not what was read."""


class ObjectStore:
    """The collections `objects`, `object_tombstones` and `object_outboxes`. Whoever writes has advanced the calendar in
    the same transaction.

    What an object tells lies in a document of its own, which goes when it is told: the object has some fifty entries in
    indexes, and the embedded database writes all of them anew whatever changes in it.
    """

    indexes = (
        # One name and one UID each within a calendar.
        Index("objects", (("calendar", 1), ("name", 1)), unique=True),
        Index("objects", (("calendar", 1), ("uid", 1)), unique=True),
        Index("objects", (("calendar", 1), ("modseq", 1))),
        Index("objects", (("calendar", 1), ("component", 1))),
        # Tasks of a calendar by whether they are open, done or off, and in the order of lists.
        Index("objects", (("task", 1), ("task_at", 1)), sparse=True),
        # A UID among all calendars of its owner: scheduling finds a meeting wherever it was put.
        Index("objects", (("owner", 1), ("uid", 1))),
        # A meeting in a team's calendar, by who organises it: answers find it there.
        Index("objects", (("organised", 1),), sparse=True),
        # What is in a calendar in a week or a month, and what takes its owner's time then.
        Index("objects", (("slots", 1),)),
        Index("objects", (("busy", 1),)),
        Index("objects", (("terms", 1),)),
        Index("objects", (("roll_at", 1),)),
        # Which objects carry a file; its id is nobody else's.
        Index("objects", (("attached", 1), ("owner", 1)), sparse=True),
        # Whose reminders are due: in shards, for several workers to look after them.
        Index("objects", (("shard", 1), ("alarm", 1))),
        Index("object_tombstones", (("calendar", 1), ("modseq", 1))),
        Index("object_tombstones", (("at", 1),)),
        outbox_index("object_outboxes"),
    )

    def __init__(self, database: Database) -> None:
        self._database = database
        self._objects = database["objects"]
        self._emptying = EmptyingStore(database)
        self._tombstones = database["object_tombstones"]
        self._outboxes = database["object_outboxes"]

    async def put(
        self,
        stored: Stored,
        session: Any,
        *facts: Fact,
        counts: bool = True,
        alarm: int | None = None,
        organizer: str = "",
        before: str | None = None,
    ) -> None:
        """Write an object, new or changed; `counts` says whether its calendar takes its owner's time, `alarm` when it
        is due next, `organizer` who organises it where that is not whose calendar it is, `before` is the ETag of what
        it replaces. Raises `Meanwhile` where something else is there, or
        where another object has its UID."""
        document = {**document_of(stored, counts=counts), "alarm": alarm, "shard": shard_of(stored.owner)}
        if organizer:
            document["organised"] = _organised(organizer, stored.uid)
        if before is not None:
            which = {"_id": document.pop("_id"), "etag": before}
            if not (await self._objects.update_one(which, {"$set": document}, session=session)).matched_count:
                raise Meanwhile
        else:
            try:
                await self._objects.insert_one(document, session=session)
            except DuplicateKeyError as error:
                raise Meanwhile from error
        await self._tell(stored, session, facts)

    async def bury(self, stored: Stored, modseq: int, now: datetime, session: Any, *facts: Fact) -> None:
        """Remove an object and leave word of it. In a transaction that has advanced its calendar to `modseq`."""
        await self.erase(stored, session, *facts)
        said = {
            "owner": stored.owner,
            "calendar": stored.calendar,
            "name": stored.name,
            "modseq": modseq,
            "at": now,
            "object": stored.key,
        }
        which = {"_id": _tombstone(stored.calendar, stored.name)}
        await self._tombstones.update_one(which, {"$set": said}, upsert=True, session=session)

    async def erase(self, stored: Stored, session: Any, *facts: Fact) -> bool:
        """Remove an object and leave no word of it to cursors; False, and nothing told, where another did."""
        if not (await self._objects.delete_one({"_id": stored.key}, session=session)).deleted_count:
            return False
        await self._tell(stored, session, facts)
        return True

    async def _tell(self, stored: Stored, session: Any, facts: Sequence[Fact]) -> None:
        """After what it has to tell already, in one order whether it is still there or not."""
        if facts:
            update = with_facts({"$set": {"deleted": True}}, *facts)
            await self._outboxes.update_one({"_id": stored.key}, update, upsert=True, session=session)

    async def find(self, key: str, session: Any = None) -> Stored | None:
        """By the id that REST has for it."""
        found = await self._objects.find_one({"_id": key}, session=session)
        return stored_of(found) if found else None

    async def named(self, calendar: str, name: str, session: Any = None) -> Stored | None:
        found = await self._objects.find_one({"calendar": calendar, "name": name}, session=session)
        return stored_of(found) if found else None

    async def with_uid(self, calendar: str, uid: str, session: Any = None) -> Stored | None:
        found = await self._objects.find_one({"calendar": calendar, "uid": uid}, session=session)
        return stored_of(found) if found else None

    async def of_owner_with_uid(self, owner: str, uid: str, session: Any = None) -> list[Stored]:
        """In whichever of the owner's calendars."""
        found = self._objects.find({"owner": owner, "uid": uid}, session=session)
        return await self._there([stored_of(each) async for each in found], session)

    async def going_with_uid(self, owner: str, uid: str) -> list[Stored]:
        """Those in the owner's calendars that are being emptied."""
        found = [stored_of(each) async for each in self._objects.find({"owner": owner, "uid": uid})]
        gone = await self._emptying.among(each.calendar for each in found)
        return [each for each in found if each.calendar in gone]

    async def _there(self, found: list[Stored], session: Any = None) -> list[Stored]:
        """Without what is in calendars that are being emptied: whoever asks by owner finds none of it."""
        gone = await self._emptying.among((each.calendar for each in found), session)
        return [each for each in found if each.calendar not in gone] if gone else found

    async def organised_in_teams(self, addresses: Sequence[str], uid: str, session: Any = None) -> list[Stored]:
        """Those in calendars of teams that somebody organises by one of some addresses."""
        wanted = {"organised": {"$in": [_organised(address, uid) for address in addresses]}}
        found = self._objects.find(wanted, session=session)
        return await self._there([stored_of(each) async for each in found], session)

    async def named_all(self, calendar: str, names: Sequence[str] = ()) -> AsyncIterator[Stored]:
        """Whole objects of some names, or all; what is not there is passed over. Few are in memory at a time."""
        if not names:
            names = [row.name for row in await self.rows(calendar)]
        for start in range(0, len(names), NAMES_AT_ONCE):
            some = list(names[start : start + NAMES_AT_ONCE])
            cursor = self._objects.find({"calendar": calendar, "name": {"$in": some}})
            async for document in cursor.batch_size(AT_ONCE):
                yield stored_of(document)

    async def carrying(self, attachment_id: str, owner: str) -> list[Stored]:
        """Those of an owner that carry a file, without their octets."""
        cursor = self._objects.find({"attached": attachment_id, "owner": owner}, _WITHOUT_CONTENT)
        return await self._there([stored_of(each) async for each in cursor])

    async def carried(self, attachment_id: str) -> bool:
        """Whether an object of anybody carries a file."""
        return await self._objects.find_one({"attached": attachment_id}, {"_id": 1}) is not None

    async def in_window(
        self, calendars: Sequence[str], buckets: Sequence[str], *, content: bool, most: int = 0
    ) -> list[Stored]:
        """What stands in some buckets of some calendars; at most `most` of each where it is not 0."""
        found = standing(self._database, "slots", calendars, buckets, content=content, most=most)
        return [stored_of(each) async for each in found]

    async def taking_time(self, owners: Sequence[str], buckets: Sequence[str], session: Any = None) -> list[Stored]:
        """What takes the time of some owners in some buckets; of one alone in a session."""
        found = standing(self._database, "busy", owners, buckets, session=session)
        return await self._there([stored_of(each) async for each in found], session)

    async def tasks_between(self, calendar: str, standing: str, start: int, end: int, most: int) -> list[Stored]:
        """Up to `most` tasks of one standing, with their numbers (`domain.tasks.standing_of`) from `start` until before
        `end`, in no order: the embedded database sorts by reading all of them."""
        wanted = {"task": task_mark(calendar, standing), "task_at": {"$gte": start, "$lt": end}}
        return [stored_of(each) for each in await self._objects.find(wanted, _OF_WINDOW).limit(most).to_list(most)]

    async def with_word(self, owner: str, word: str, most: int) -> list[Stored]:
        """What somebody has that holds a word, as `folded_words` writes it."""
        cursor = self._objects.find({"terms": terms_of(owner, [word])[0]}, _WITHOUT_CONTENT).limit(most)
        return await self._there([stored_of(each) for each in await cursor.to_list(most)])

    async def contents(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The octets of some objects, by id."""
        cursor = self._objects.find({"_id": {"$in": list(keys)}}, {"content": 1})
        return {each["_id"]: bytes(each["content"]) async for each in cursor.batch_size(AT_ONCE)}

    async def alarming(self, shard: int, now: int) -> AsyncIterator[list[tuple[Stored, int]]]:
        """What has a reminder due, of the owners of one shard, and since when; some at a time, of one question: the
        embedded database reads all that is due for each."""
        cursor = self._objects.find({"shard": shard, "alarm": {"$lte": now}}, _OF_WINDOW).limit(DUE_AT_ONCE)
        cursor = cursor.batch_size(REMINDED_AT_ONCE)
        while documents := await cursor.to_list(REMINDED_AT_ONCE):
            yield [(stored_of(each), each["alarm"]) for each in documents]

    async def reminded(self, told: Sequence[tuple[str, int, int | None]]) -> None:
        """By id, each with when it was due and is due next; not where it was changed meanwhile. What is due at one time
        is mostly due next at one time as well, and costs one write then."""
        alike: dict[tuple[int, int | None], list[str]] = {}
        for key, since, following in told:
            alike.setdefault((since, following), []).append(key)
        advances = [
            UpdateMany(
                {"_id": {"$in": keys[start : start + ADVANCED_AT_ONCE]}, "alarm": since},
                {"$set": {"alarm": following}},
            )
            for (since, following), keys in alike.items()
            for start in range(0, len(keys), ADVANCED_AT_ONCE)
        ]
        # Few for one command, which has only so much time.
        for start in range(0, len(advances), ADVANCES_TOGETHER):
            await self._objects.bulk_write(advances[start : start + ADVANCES_TOGETHER], ordered=False)

    async def to_roll(self, now: datetime, most: int) -> list[Stored]:
        """Whose instances have to be computed again."""
        cursor = self._objects.find({"roll_at": {"$lt": now}}).limit(most)
        return [stored_of(each) for each in await cursor.to_list(most)]

    async def roll(self, before: Stored, after: Stored, alarm: int | None) -> None:
        """Write what became another with time; not where it was changed meanwhile, which did the same. `alarm` is when
        it is due next, where nothing was known to be."""
        present = await self._objects.find_one({"_id": before.key}, {"busy": 1, "alarm": 1})
        if present is None:
            return
        document = document_of(after, counts=bool(present["busy"]))
        said = {name: document[name] for name in ROLLED}
        if present["alarm"] is None:
            said["alarm"] = alarm
        # Whether it takes time may be said anew meanwhile (`count_again`): then it is looked at again.
        unchanged = {"_id": before.key, "modseq": before.modseq, "busy": present["busy"]}
        await self._objects.update_one(unchanged, {"$set": said})

    async def some_of(self, calendar: str, most: int) -> list[Stored]:
        """Any of what is in a calendar."""
        return [stored_of(each) for each in await self._objects.find({"calendar": calendar}).limit(most).to_list(most)]

    async def all_of(self, calendar: str, *, content: bool, components: Sequence[str] = ()) -> AsyncIterator[Stored]:
        """Everything in a calendar, or all of some components."""
        which: dict[str, Any] = {"calendar": calendar}
        if components:
            which["component"] = {"$in": list(components)}
        cursor = self._objects.find(which, None if content else _WITHOUT_CONTENT)
        async for document in cursor.batch_size(AT_ONCE):
            yield stored_of(document)

    async def rows(self, calendar: str, names: Sequence[str] = ()) -> list[Row]:
        """What cursors say of some names, or of all, by modseq."""
        which: dict[str, Any] = {"calendar": calendar}
        if names:
            which["name"] = {"$in": list(names)}
        return await self._rows(which)

    async def changed(self, calendar: str, after: int) -> list[Row]:
        return await self._rows({"calendar": calendar, "modseq": {"$gt": after}})

    async def _rows(self, which: dict[str, Any]) -> list[Row]:
        found = [
            Row(
                d["name"], d["etag"], d["schedule_tag"], d["modseq"], d["octets"], d["updated_at"], d["component"],
                d["uid"], d["_id"],
            )
            async for d in self._objects.find(which, _ROW).batch_size(1000)
        ]  # fmt: skip
        return sorted(found, key=lambda row: row.modseq)

    async def removed(self, calendar: str, after: int) -> list[Removed]:
        """Names among which are those that hold something again, which `changed` has with a higher modseq."""
        cursor = self._tombstones.find({"calendar": calendar, "modseq": {"$gt": after}})
        return [_removed(document) async for document in cursor]

    async def buried(self, calendar: str, names: Sequence[str]) -> set[str]:
        """Those of some names that held something once."""
        cursor = self._tombstones.find({"_id": {"$in": [_tombstone(calendar, name) for name in names]}})
        return {each["name"] async for each in cursor}

    async def removed_before(self, moment: datetime) -> list[Removed]:
        """Some of the tombstones that are older."""
        cursor = self._tombstones.find({"at": {"$lt": moment}})
        return [_removed(document) for document in await cursor.to_list(FORGOTTEN_AT_ONCE)]

    async def forget(self, removed: Sequence[Removed], moment: datetime) -> None:
        """Not those whose name has gone again since they were read."""
        ids = [each.document_id for each in removed]
        await self._tombstones.delete_many({"_id": {"$in": ids}, "at": {"$lt": moment}})

    async def forget_removed(self, calendar: str) -> None:
        """All tombstones of a calendar that is gone."""
        await self._tombstones.delete_many({"calendar": calendar})

    async def count_again(self, calendar: str, after: str, session: Any, *, counts: bool) -> str:
        """Say anew of some objects, by name those after one, whether they take their owner's time. The last one's name;
        empty where there were no more."""
        which = {"calendar": calendar, "name": {"$gt": after}}
        found = self._objects.find(which, _WITHOUT_CONTENT, session=session).sort("name", 1).limit(COUNTED_AT_ONCE)
        documents = await found.to_list(COUNTED_AT_ONCE)
        for document in documents:
            busy = busy_of(stored_of(document), counts=counts)
            if busy != document["busy"]:
                await self._objects.update_one({"_id": document["_id"]}, {"$set": {"busy": busy}}, session=session)
        return str(documents[-1]["name"]) if documents else ""


def shard_of(owner: str) -> int:
    return zlib.crc32(owner.encode()) % SHARDS


def _organised(address: str, uid: str) -> str:
    return f"{address}|{uid}"


def _tombstone(calendar: str, name: str) -> str:
    return f"{calendar}/{name}"


def _removed(document: dict[str, Any]) -> Removed:
    return Removed(
        document["_id"], document["calendar"], document["name"], document["modseq"], document.get("object", "")
    )
