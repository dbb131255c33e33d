"""What of the address book changes, which app passwords and factors, as the database itself tells it, whoever wrote.

A stream that breaks is taken up again after the last change read; where the database cannot do that any more, whoever
listens reads everything anew.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import OperationFailure

from chassis.documents import Database

WATCHED = ("accounts", "units", "groups", "functions", "app_passwords", "factors")
_WAIT_MS = 500
# After an answer of nothing: the embedded database gives one at every write to it, whoever's it is.
_REST_SECONDS = 0.05
MOST = 500
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ChangesLost(Exception):
    """The database has forgotten what happened since."""


class ChangeStore:
    """The changes of the collections in `WATCHED`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, after: Mapping[str, Any] | None = None) -> "Changes":
        """From now on, or on from the point where another stood. Raises `ChangesLost`."""
        # What the dispatcher takes out of an outbox changes no version.
        versions = [
            {"operationType": {"$in": ["insert", "replace", "delete"]}},
            {"updateDescription.updatedFields.version": {"$gt": 0}},
            # A unit that was moved, merged or dissolved (`tree.py`).
            {"updateDescription.updatedFields.tree": {"$gt": 0}},
            # An app password that was revoked.
            {"updateDescription.updatedFields.ended_at": {"$gt": _LONG_AGO}},
        ]
        stages = [
            {"$match": {"ns.coll": {"$in": list(WATCHED)}, "$or": versions}},
            {"$project": {"_id": 1, "ns": 1, "documentKey": 1, "operationType": 1}},
        ]
        resume = {"resume_after": after} if after is not None else {}
        try:
            stream = self._database.watch(stages, max_await_time_ms=_WAIT_MS, **resume)
            # PyMongo's is a coroutine, motor's is not.
            stream = await stream if hasattr(stream, "__await__") else stream
            changes = Changes(stream)
            await changes.begin()
        except OperationFailure as error:
            raise ChangesLost(str(error)) from error
        return changes


class Changes:
    """An open stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def begin(self) -> None:
        """Have the database note where the stream begins: motor would ask it only with the first question."""
        await self._stream.__aenter__()

    @property
    def point(self) -> Mapping[str, Any] | None:
        """Where it stands."""
        token: Mapping[str, Any] | None = self._stream.resume_token
        return token

    async def next(self) -> dict[str, set[str]]:
        """The ids of changed documents by collection, after half a second at most; empty when nothing happened.

        Raises `ChangesLost` when the stream has ended, `PyMongoError` when the database is away.
        """
        found: dict[str, set[str]] = {}
        for _ in range(MOST):
            event = await self._stream.try_next()
            if event is None:
                break
            found.setdefault(event["ns"]["coll"], set()).add(event["documentKey"]["_id"])
        if not found and not self._stream.alive:
            raise ChangesLost("the stream has ended")
        if not found:
            await asyncio.sleep(_REST_SECONDS)
        return found

    async def close(self) -> None:
        await self._stream.close()
