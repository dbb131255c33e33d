"""How wrong passwords slow down further tries, without ever locking a person out for good.

Tries are counted for the account, and for the address they come from. After some that are free, each wrong one
doubles the wait, up to the longest; tries during the wait are refused unseen and prolong nothing. Where an account
has been logged in to before, its tries are counted on their own: what others do elsewhere cannot keep a person
out there. An address is a whole ministry's: what is counted there drains with time, who mistypes and then gets in
gives back what that was counted, and the longest wait is short.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from chassis import networks

LONGEST_WAIT = timedelta(minutes=15)
FIRST_WAIT = timedelta(seconds=2)
FORGOTTEN_AFTER = timedelta(hours=1)
# Beyond so many the wait grows no further, and what is not counted need not drain.
MOST_OVER = 16


@dataclass(frozen=True)
class Limit:
    """How many wrong tries cost nothing, how long a wait gets, and how many are forgotten in each hour."""

    free: int
    longest: timedelta = LONGEST_WAIT
    an_hour: float = 0.0


ACCOUNT = Limit(free=5)
# A whole ministry stands behind one address.
REMOTE = Limit(free=100, longest=timedelta(minutes=1), an_hour=100.0)


def network(remote: str) -> str:
    """Where a client is, for counting; empty for what is no address."""
    return networks.network(remote) if networks.address_of(remote) is not None else ""


@dataclass(frozen=True)
class Tries:
    """Wrong tries so far under one key."""

    failures: float = 0
    blocked_until: datetime | None = None
    forgotten_at: datetime | None = None

    def at(self, now: datetime) -> "Tries":
        """What of it still counts."""
        return Tries() if self.forgotten_at is not None and self.forgotten_at <= now else self

    def wait(self, now: datetime) -> float:
        """Seconds until the next try is looked at."""
        if self.blocked_until is None:
            return 0.0
        return max(0.0, (self.blocked_until - now).total_seconds())

    def left(self, now: datetime, limit: Limit) -> float:
        """How many still count, once those are forgotten that time forgets."""
        if self.blocked_until is None:
            return self.failures
        hours = max(0.0, (now - self.blocked_until) / timedelta(hours=1))
        return max(0.0, self.failures - limit.an_hour * hours)

    def failed(self, now: datetime, limit: Limit) -> "Tries":
        """After one more wrong try."""
        failures = min(self.left(now, limit) + 1, limit.free + MOST_OVER)
        over = ceil(failures) - limit.free
        wait = timedelta() if over < 0 else min(limit.longest, FIRST_WAIT * 2**over)
        return Tries(failures, now + wait, now + wait + FORGOTTEN_AFTER)

    def forgiven(self, now: datetime, limit: Limit, count: float) -> "Tries":
        """After `count` of them turned out to be an honest person's."""
        since = max(now, self.blocked_until or now)
        return Tries(max(0.0, self.left(now, limit) - count), since, since + FORGOTTEN_AFTER)
