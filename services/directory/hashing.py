"""Passwords as argon2id keeps them, computed on a few threads of their own behind a bounded queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher as Argon2
from argon2 import Type
from argon2.exceptions import InvalidHashError, VerificationError
from prometheus_client import Counter

from chassis.errors import TooManyRequests
from services.directory import hashes

T = TypeVar("T")
# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 iterations, 1 lane.
MEMORY_KIB, ITERATIONS, LANES = 19 * 1024, 2, 1
VERIFICATIONS = Counter("directory_password_verifications", "argon2id verifications, dummies included")


class PasswordHasher:
    """Hashes and verifies without stopping the loop; argon2 releases the interpreter's lock while it works."""

    def __init__(self, threads: int, queue: int) -> None:
        self._argon2 = Argon2(time_cost=ITERATIONS, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._most = threads + queue
        self._under_way = 0
        # What an unknown address is verified against, at the same cost as a known one.
        self._nobodys = self._argon2.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The encoded hash of a password. Raises `TooManyRequests` when the queue is full."""
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether a password is the one of `encoded`; None takes as long and is nobody's.

        One of an older system takes what it takes, and that of ours besides.
        """
        return await self._run(lambda: self._verify(encoded, password))

    def _verify(self, encoded: str | None, password: str) -> bool:
        VERIFICATIONS.inc()
        older = encoded is not None and hashes.is_imported(encoded)
        right = older and encoded is not None and hashes.verified(encoded, password)
        try:
            self._argon2.verify(self._nobodys if older or encoded is None else encoded, password)
        except (VerificationError, InvalidHashError):
            return right
        return right or (encoded is not None and not older)

    async def off_loop(self, work: Callable[[], T]) -> T:
        """Other work of passwords that takes milliseconds, behind the same queue. Raises what it raises."""
        return await self._run(work)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= self._most:
            raise TooManyRequests("Too many logins at this moment", retry_after=1)
        self._under_way += 1
        # A caller that gives up does not end the thread's work: it counts until it is done.
        future = asyncio.wrap_future(self._pool.submit(work))
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: "asyncio.Future[T]") -> None:
        self._under_way -= 1
        if not future.cancelled():
            future.exception()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
