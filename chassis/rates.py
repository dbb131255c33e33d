"""Rates, by the generic cell rate algorithm: one number a key, no windows to burst at the edges of.

The limits library was measured beside it: its in-memory storage walks over every key at each hit, which 70,000
accounts do not forgive. Each process counts for itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from chassis.errors import TooManyRequests

_REMEMBERED = 200_000


@dataclass(frozen=True)
class Allowance:
    """What a key may still do: `remaining` now, all of `limit` again after `reset` seconds."""

    policy: str
    limit: int
    remaining: int
    reset: float
    retry_after: float = 0
    # Seconds within which all of the limit may be taken.
    window: float = 60


class Rate:
    """So many a minute (or within other `seconds`) for each key, all at once or spread."""

    def __init__(
        self, policy: str, limit: int, clock: Callable[[], float] = time.monotonic, *, seconds: float = 60
    ) -> None:
        self._policy = policy
        self._limit = limit
        self._seconds = seconds
        self._interval = seconds / limit
        self._clock = clock
        # When each key would be at rest again.
        self._rests: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str) -> Allowance:
        """Count one. Raises `TooManyRequests` when there is none left."""
        allowance = self.try_take(key)
        if allowance.retry_after:
            raise TooManyRequests(retry_after=allowance.retry_after)
        return allowance

    def exhausted(self, key: str) -> bool:
        """Whether there is none left; counts nothing."""
        return self._rests.get(key, 0.0) + self._interval - self._clock() > self._seconds + 1e-9

    def try_take(self, key: str) -> Allowance:
        now = self._clock()
        rest = max(self._rests.get(key, 0.0), now) + self._interval
        busy = rest - now
        if busy > self._seconds + 1e-9:
            wait = max(busy - self._seconds, 0.001)
            return Allowance(self._policy, self._limit, 0, busy - self._interval, wait, self._seconds)
        self._rests[key] = rest
        self._rests.move_to_end(key)
        if len(self._rests) > _REMEMBERED:
            self._rests.popitem(last=False)
        left = int((self._seconds - busy + 1e-9) / self._interval)
        return Allowance(self._policy, self._limit, left, busy, window=self._seconds)
