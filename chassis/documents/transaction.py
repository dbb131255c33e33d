"""Transactions behind one function: what counts upwards is allocated and used in one of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pymongo.errors import ConnectionFailure, PyMongoError

from chassis.backoff import Pauses
from chassis.documents.sessions import remember
from chassis.errors import Conflict, Unavailable

T = TypeVar("T")
ATTEMPTS = 40


async def transaction(database: Any, callback: Callable[[Any], Awaitable[T]]) -> T:
    """Run `callback(session)` in a transaction and return what it returns.

    The callback may run several times (write conflicts): all that it does goes through the session. An exception of
    its own rolls back and is raised. Raises `Conflict` when others win forty times in a row, `Unavailable` when the
    database is away.
    """
    wait = Pauses(first=0.002, longest=0.25)
    for _ in range(ATTEMPTS):
        try:
            return await _attempt(database, callback)
        except PyMongoError as error:
            if error.has_error_label("TransientTransactionError"):
                await asyncio.sleep(wait.draw())
                continue
            if isinstance(error, ConnectionFailure):
                raise Unavailable(f"database: {error}") from error
            raise
    raise Conflict("too many writers at once")


async def _attempt(database: Any, callback: Callable[[Any], Awaitable[T]]) -> T:
    session = database.client.start_session()
    if hasattr(session, "__await__"):  # motor awaits start_session, PyMongo does not
        session = await session
    async with session:
        await remember(database, session)
        starting = session.start_transaction()
        if hasattr(starting, "__await__"):  # and here the other way round
            starting = await starting
        async with starting:
            result = await callback(session)
    return result
