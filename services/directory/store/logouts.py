"""Logouts that clients are still to hear of, as documents."""

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from services.directory.domain.logouts import CLAIMED, Logout

_BATCH = 32


class LogoutStore:
    """The collection `logouts`."""

    def __init__(self, database: Database) -> None:
        self._logouts = database["logouts"]

    async def add(self, logout: Logout) -> None:
        """Adding it again changes nothing."""
        document = {
            "_id": _id(logout),
            "client": logout.client_id,
            "account": logout.account_id,
            "session": logout.session_id,
            "due_at": logout.due_at,
            "tries": logout.tries,
        }
        try:
            await self._logouts.insert_one(document)
        except DuplicateKeyError:
            return

    async def due(self, now: datetime) -> list[Logout]:
        cursor = self._logouts.find({"due_at": {"$lte": now}}).limit(_BATCH)
        return [
            Logout(each["client"], each["account"], each["session"], each["due_at"], each["tries"])
            async for each in cursor
        ]

    async def claim(self, logout: Logout, now: datetime) -> bool:
        """Take it for a try; False when another process has."""
        answer = await self._logouts.update_one(
            {"_id": _id(logout), "due_at": logout.due_at}, {"$set": {"due_at": now + CLAIMED}}
        )
        return bool(answer.matched_count)

    async def failed(self, logout: Logout, due_at: datetime) -> None:
        await self._logouts.update_one({"_id": _id(logout)}, {"$set": {"due_at": due_at, "tries": logout.tries + 1}})

    async def done(self, logout: Logout) -> None:
        await self._logouts.delete_one({"_id": _id(logout)})


def _id(logout: Logout) -> str:
    return f"{logout.session_id}.{logout.client_id}"
