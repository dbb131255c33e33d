"""What makes an approved act happen once: its approval is spent in the same transaction as what it does.

A store through which such an act may go writes through `written`. Whoever carries out an approval holds a receipt;
the first write that goes through spends it, or finds it spent by another process and rolls back.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from chassis.documents import Database, transaction

T = TypeVar("T")


class AlreadyDone(Exception):
    """Another process has carried this approval out."""


class Receipt:
    """An approval that is being carried out. `spend(session)` says whether it was there to be spent."""

    def __init__(self, spend: Callable[[Any], Awaitable[bool]]) -> None:
        self._spend = spend
        self.spent = False

    async def spend(self, session: Any) -> None:
        if not await self._spend(session):
            raise AlreadyDone


_at_hand: ContextVar[Receipt | None] = ContextVar("receipt", default=None)


@contextmanager
def holding(receipt: Receipt) -> Iterator[None]:
    """The first write within spends the receipt."""
    token = _at_hand.set(receipt)
    try:
        yield
    finally:
        _at_hand.reset(token)


async def written(database: Database, write: Callable[[Any], Awaitable[T]]) -> T:
    """Run `write(session)`: alone and with None for a session, or with the receipt at hand in one transaction.

    A write that answers False has written nothing, and spends nothing. Raises `AlreadyDone`.
    """
    receipt = _at_hand.get()
    if receipt is None or receipt.spent:
        return await write(None)
    return await in_transaction(database, write)


async def in_transaction(database: Database, write: Callable[[Any], Awaitable[T]]) -> T:
    """The same of what is a transaction anyway."""
    receipt = _at_hand.get()
    if receipt is None or receipt.spent:
        return await transaction(database, write)

    async def both(session: Any) -> T:
        result = await write(session)
        if result is not False:
            await receipt.spend(session)
        return result

    result = await transaction(database, both)
    receipt.spent = result is not False
    return result
