"""One try at a password at a time for each account, so that guesses sent at once cannot outrun the lockout."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.errors import TooManyRequests

# A person's devices come back together after a power cut; more than that waits elsewhere.
WAITING = 16


class Turns:
    """Locks by key, there only while somebody holds or awaits them."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """The turn of a key. Raises `TooManyRequests` when too many wait for it."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        if users >= WAITING:
            raise TooManyRequests("Too many logins to this account at this moment", retry_after=2)
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
