"""The sessions that a process does transactions in, told to the others: should it die, they end its transactions.

What a transaction has written is closed to all other writers until it commits. That of a dead process stays open for a
minute (`transactionLifetimeLimitSeconds`), since the database cannot tell it from a slow one. So each process keeps one
document with the ids of its sessions and a time until which it lives, and each looks for documents whose time is over.
Taking a live process for dead costs it a transaction, which it does again.
"""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from chassis.documents.indexes import Index
from chassis.ids import new_id

log = structlog.get_logger(__name__)

COLLECTION = "driver_sessions"
INDEXES = (Index(COLLECTION, (("until", 1),)),)
BEAT_SECONDS = 1.5
LIFE_SECONDS = 5.0
# Longer than the database keeps a transaction open.
_USED_SECONDS = 120.0
_BATCH = 100


def _now() -> datetime:
    return datetime.now(UTC)


class OpenSessions:
    """What one process tells of its sessions, and its watch over the others'."""

    def __init__(self, database: Any, *, beat: float = BEAT_SECONDS, life: float = LIFE_SECONDS) -> None:
        self._client = database.client
        self._documents = database[COLLECTION]
        self._own = new_id()
        self._beat, self._life = beat, life
        self._used: dict[bytes, float] = {}
        self._told: frozenset[bytes] = frozenset()
        self._turn = asyncio.Lock()
        self._beating: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises `PyMongoError` while the database is away; call it again then."""
        await self._round()
        _of_clients[id(self._client)] = self
        self._beating = asyncio.create_task(self._beat_on())

    async def stop(self) -> None:
        """Nothing is open any more: nobody has to look after it."""
        _of_clients.pop(id(self._client), None)
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
            with contextlib.suppress(PyMongoError):
                await self._documents.delete_one({"_id": self._own})

    async def remember(self, session_id: bytes) -> None:
        """When this returns, the others know of this session. Costs a write for a new one only: drivers use a few
        sessions again and again."""
        self._used[session_id] = time.monotonic()
        if session_id in self._told:
            return
        async with self._turn:
            if session_id not in self._told:
                await self._tell()

    async def _beat_on(self) -> None:
        watching_from = 0.0
        while True:
            await asyncio.sleep(self._beat)
            try:
                await self._round(watching=time.monotonic() >= watching_from)
            except PyMongoError as error:
                # When the database is back, the others must say that they live before anybody judges.
                watching_from = time.monotonic() + self._life
                log.warning("sessions_untold", error=f"{type(error).__name__}: {error}"[:200])

    async def _round(self, *, watching: bool = True) -> None:
        async with self._turn:
            if self._used:
                await self._tell()
        if watching:
            await self.bury()

    async def _tell(self) -> None:
        recent = time.monotonic() - _USED_SECONDS
        self._used = {session: at for session, at in self._used.items() if at > recent}
        told = frozenset(self._used)
        mine = {"until": _now() + timedelta(seconds=self._life), "sessions": list(told)}
        # Until it is written, nothing that leaves it is known.
        self._told &= told
        await self._documents.update_one({"_id": self._own}, {"$set": mine}, upsert=True)
        self._told = told

    async def bury(self) -> None:
        """End the transactions of processes whose time is over, then forget them."""
        found = self._documents.find({"until": {"$lt": _now()}}).limit(_BATCH)
        for dead in await found.to_list(_BATCH):
            if dead["sessions"]:  # an empty list would mean everybody's
                await self._client.admin.command("killSessions", [{"id": session} for session in dead["sessions"]])
                log.info("sessions_ended", process=dead["_id"], sessions=len(dead["sessions"]))
            await self._documents.delete_one({"_id": dead["_id"], "until": dead["until"]})


# By the identity of the client, which its `OpenSessions` keeps alive.
_of_clients: dict[int, OpenSessions] = {}


async def remember(database: Any, session: Any) -> None:
    """Tell of a session that a transaction is about to begin in, where its process tells of any."""
    sessions = _of_clients.get(id(database.client))
    if sessions is not None:
        await sessions.remember(session.session_id["id"])
