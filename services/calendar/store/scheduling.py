"""What was heard of a meeting, for each who takes part in it: so that no message counts twice, and none that is older
than another undoes it, also when the copy is deleted meanwhile or has yet to come."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import Binary

from chassis.documents import Database, Index
from chassis.events import Fact, outbox_index, with_facts

# Of the messages that came last; one that comes again after so many others is told from new ones by its version.
MESSAGES = 50
FORGOTTEN_AT_ONCE = 1000

# Of a component: its instance (`None`: the whole), SEQUENCE and DTSTAMP in seconds.
Version = tuple[int, int]
Instance = tuple[str, int] | None


@dataclass(frozen=True)
class Heard:
    """`versions` are the latest that `organizer` has said of each component, `foretold` what came before anything that
    it is about: a cancellation ahead of its invitation."""

    organizer: str = ""
    messages: tuple[str, ...] = ()
    versions: Mapping[Instance, Version] = field(default_factory=dict)
    foretold: bytes = field(default=b"", repr=False)


NOTHING = Heard()


class SchedulingStore:
    """The collection `scheduling`, a document for each owner and UID; answers wait in it to be published."""

    indexes = (
        Index("scheduling", (("owner", 1),)),
        Index("scheduling", (("at", 1),)),
        outbox_index("scheduling"),
    )

    def __init__(self, database: Database) -> None:
        self._heard = database["scheduling"]

    async def find(self, owner: str, uid: str, session: Any = None) -> Heard:
        found = await self._heard.find_one({"_id": _key(owner, uid)}, {"outbox": 0}, session=session)
        if found is None:
            return NOTHING
        versions = {_instance(kind, at): (sequence, stamp) for kind, at, sequence, stamp in found["versions"]}
        return Heard(found["organizer"], tuple(found["messages"]), versions, bytes(found["foretold"]))

    async def note(
        self, owner: str, uid: str, heard: Heard, message_id: str, now: datetime, session: Any, *facts: Fact
    ) -> None:
        """A message was taken in, and what it made of what was heard before; `facts` are what is answered to it."""
        versions = [[*(key or ("", 0)), *version] for key, version in heard.versions.items()]
        said = {
            "owner": owner,
            "at": now,
            "organizer": heard.organizer,
            "messages": [*heard.messages, message_id][-MESSAGES:],
            "versions": versions,
            "foretold": Binary(heard.foretold),
        }
        await self._heard.update_one(
            {"_id": _key(owner, uid)}, with_facts({"$set": said}, *facts), upsert=True, session=session
        )

    async def note_called_off(self, owner: str, uid: str, sequence: int, now: datetime, session: Any) -> None:
        """A meeting is deleted, and `sequence` the last that was said of it: were its UID to be used again, whoever
        heard of the end would take what is older for late (RFC 5546 §2.1.5)."""
        fresh = {"owner": owner, "organizer": "", "messages": [], "versions": [], "foretold": Binary(b"")}
        update = {"$setOnInsert": fresh, "$set": {"at": now}, "$max": {"called_off": sequence}}
        await self._heard.update_one({"_id": _key(owner, uid)}, update, upsert=True, session=session)

    async def called_off(self, owner: str, uid: str) -> int | None:
        """The SEQUENCE of the last word about a meeting that is deleted."""
        found = await self._heard.find_one({"_id": _key(owner, uid)}, {"called_off": 1})
        return found.get("called_off") if found is not None else None

    async def tell(self, owner: str, uid: str, now: datetime, *facts: Fact) -> None:
        """Facts about a meeting that change nothing of it."""
        fresh = {"owner": owner, "organizer": "", "messages": [], "versions": [], "foretold": Binary(b"")}
        update = with_facts({"$setOnInsert": fresh, "$set": {"at": now}}, *facts)
        await self._heard.update_one({"_id": _key(owner, uid)}, update, upsert=True)

    async def forget_before(self, moment: datetime) -> int:
        """Some of what is older, and has told all that it had to; how much it was."""
        cursor = self._heard.find({"at": {"$lt": moment}}, {"pending": 1}).batch_size(FORGOTTEN_AT_ONCE)
        old = [each["_id"] for each in await cursor.to_list(FORGOTTEN_AT_ONCE) if "pending" not in each]
        await self._heard.delete_many({"_id": {"$in": old}, "pending": {"$exists": False}})
        return len(old)

    async def forget_owner(self, owner: str) -> None:
        """What has answers to tell yet goes with what is old."""
        cursor = self._heard.find({"owner": owner}, {"pending": 1}).batch_size(FORGOTTEN_AT_ONCE)
        told = [each["_id"] async for each in cursor if "pending" not in each]
        for at in range(0, len(told), FORGOTTEN_AT_ONCE):
            await self._heard.delete_many({"_id": {"$in": told[at : at + FORGOTTEN_AT_ONCE]}})


def _key(owner: str, uid: str) -> str:
    """A UID is of any length and any characters."""
    return f"{owner}.{hashlib.sha256(uid.encode()).hexdigest()[:32]}"


def _instance(kind: str, at: int) -> Instance:
    return (kind, at) if kind else None
