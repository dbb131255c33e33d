"""Who is to be told of its junk, and how far it was."""

from datetime import datetime
from typing import Any, NamedTuple

from pymongo.errors import DuplicateKeyError

from chassis.documents import Index


class DueDigest(NamedTuple):
    """`seen` is the last UID of the junk mailbox that was told of, `until` the last one of this letter, once it was
    begun."""

    owner: str
    due: datetime
    seen: int
    until: int | None
    uid_validity: int


class Digests:
    """Collection `digests`: one document an account that ever got junk; `due` is there while there is something to
    tell."""

    indexes = (Index("digests", (("due", 1),), sparse=True),)

    def __init__(self, database: Any) -> None:
        self._digests = database["digests"]

    async def ask(self, owner: str, due: datetime) -> None:
        """Something came: tell it then, unless it is told before."""
        waiting = {"_id": owner, "due": {"$exists": False}, "off": {"$ne": True}}
        try:
            await self._digests.update_one(waiting, {"$set": {"due": due}}, upsert=True)
        except DuplicateKeyError:
            return  # told before, or not at all

    async def due(self, now: datetime, limit: int) -> list[DueDigest]:
        found = await self._digests.find({"due": {"$lte": now}}).to_list(limit)
        return [
            DueDigest(each["_id"], each["due"], each.get("seen", 0), each.get("until"), each.get("uid_validity", 0))
            for each in found
        ]

    async def begin(self, digest: DueDigest, until: int) -> None:
        """What this letter goes up to is written down before it is written: told again it says the same."""
        await self._digests.update_one({"_id": digest.owner, "due": digest.due}, {"$set": {"until": until}})

    async def done(self, digest: DueDigest, seen: int, uid_validity: int) -> None:
        change = {"$set": {"seen": seen, "uid_validity": uid_validity}, "$unset": {"due": "", "until": ""}}
        await self._digests.update_one({"_id": digest.owner, "due": digest.due}, change)

    async def wanted(self, owner: str) -> bool:
        return await self._digests.find_one({"_id": owner, "off": True}, {"_id": 1}) is None

    async def want(self, owner: str, wanted: bool) -> None:
        change = {"$unset": {"off": ""}} if wanted else {"$set": {"off": True}, "$unset": {"due": "", "until": ""}}
        await self._digests.update_one({"_id": owner}, change, upsert=True)

    async def forget(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._digests.delete_one({"_id": owner})
