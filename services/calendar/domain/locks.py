"""Write locks (RFC 4918 §6, §7): what one covers, whom it stops, beside which others it can be."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.errors import InvalidInput, PreconditionFailed

MOST_SECONDS = 3600
# Of one calendar at a time.
MAX_LOCKS = 100
MAX_OWNER = 2048
SCHEME = "urn:uuid:"


@dataclass(frozen=True)
class Lock:
    """`name` is what is locked in its calendar; empty for the calendar itself. `owner` is what its client says of who
    holds it, as XML. `empty`: nothing was under the name."""

    token: str
    name: str
    account_id: str
    address: str
    expires_at: datetime
    shared: bool = False
    infinite: bool = False
    owner: str = ""
    empty: bool = False

    def covers(self, name: str) -> bool:
        """Whether what is under a name is locked by it, by itself or from above."""
        return self.name == name or (not self.name and self.infinite)

    def refreshed(self, now: datetime, seconds: int) -> "Lock":
        return replace(self, expires_at=now + timedelta(seconds=seconds_given(seconds)))


def holding(locks: Iterable[Lock], now: datetime) -> tuple[Lock, ...]:
    """Those that have not run out."""
    return tuple(lock for lock in locks if lock.expires_at > now)


def seconds_given(seconds: int) -> int:
    """Raises `InvalidInput`."""
    if not 0 < seconds <= MOST_SECONDS:
        raise InvalidInput("Not a time for a lock", fields={"seconds": f"1 to {MOST_SECONDS}"})
    return seconds


@dataclass(frozen=True)
class Holder:
    """Who writes, with which tokens. A token is good for whom it was given to (§6.4)."""

    account_id: str
    tokens: Collection[str] = ()


def check_write(locks: Iterable[Lock], name: str, holder: Holder, *, membership: bool) -> None:
    """A write to what is under a name; to the calendar's own description where it is empty. `membership`: it makes or
    removes what is under the name, which a lock of the calendar alone guards too (§7.4). Raises `PreconditionFailed`.
    """
    _check([lock for lock in locks if lock.covers(name) or (membership and not lock.name)], holder)


def check_removal(locks: Iterable[Lock], holder: Holder) -> None:
    """The whole calendar goes, with all that is locked in it. Raises `PreconditionFailed`."""
    _check(list(locks), holder)


def _check(guards: Sequence[Lock], holder: Holder) -> None:
    """Of an exclusive lock its own token is needed, of shared ones on the same thing that of any (§6.2, §7)."""
    held = {lock.token for lock in guards if lock.token in holder.tokens and lock.account_id == holder.account_id}
    roots = {lock.name for lock in guards if lock.token in held and lock.shared}
    stops = [lock for lock in guards if lock.token not in held and not (lock.shared and lock.name in roots)]
    if stops:
        raise locked(stops)


def check_lock(locks: Iterable[Lock], wanted: Lock) -> None:
    """Whether a new lock can be beside those that there are (§6.1). Raises `PreconditionFailed`."""
    reached = [lock for lock in locks if lock.covers(wanted.name) or (not wanted.name and wanted.infinite)]
    against = [lock for lock in reached if not (lock.shared and wanted.shared)]
    if against:
        raise locked(against, conflict=True)


def locked(locks: Sequence[Lock], *, conflict: bool = False) -> PreconditionFailed:
    """`fields`: `rule`, and by `locked` the names of what is locked, apart by "/", empty for the calendar itself."""
    names = "/".join(dict.fromkeys(lock.name for lock in locks))
    rule = "no-conflicting-lock" if conflict else "lock-token-submitted"
    return PreconditionFailed("It is locked", fields={"locked": names, "rule": rule})
