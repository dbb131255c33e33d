"""Write locks (RFC 4918 §6, §7): what one covers, and whom it stops. Pure; the service of the kind keeps them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

# What a client that names none gets, and the most that any gets: one that is still there refreshes.
DEFAULT_SECONDS = 600
MOST_SECONDS = 3600


@dataclass(frozen=True)
class Locking:
    """What a client wants of a lock."""

    shared: bool
    infinite: bool
    seconds: int
    # What it says of its owner, as XML (RFC 4918 §14.17).
    owner: str = ""


@dataclass(frozen=True)
class Lock:
    """`name` is what is locked in its collection; empty for the collection itself."""

    token: str
    name: str
    shared: bool
    infinite: bool
    owner: str
    # The address of the one who took it: nobody else uses or ends it (§6.4).
    address: str
    seconds: int
    # Nothing was there when it was locked, and nothing has been written since (§7.3).
    empty: bool = False

    def covers(self, name: str) -> bool:
        """Whether the content and properties of what is under a name are locked by it (§7)."""
        return self.name == name or (not self.name and self.infinite)


def covering(locks: Iterable[Lock], name: str) -> list[Lock]:
    """The locks of a resource, its own and those that reach it from above."""
    return [lock for lock in locks if lock.covers(name)]


def guarding(locks: Iterable[Lock], name: str, *, membership: bool, within: bool = False) -> list[Lock]:
    """The locks that a write has to have the tokens of.

    `membership`: it makes, removes or moves what is under the name, and so changes the collection, which a lock of
    depth 0 guards too (§7.4). `within`: it is about the collection as a whole, and all that is locked in it counts.
    """
    return [lock for lock in locks if lock.covers(name) or (membership and not lock.name) or (within and lock.name)]


def stopping(guards: Sequence[Lock], submitted: Collection[str], address: str) -> list[Lock]:
    """Those of them that stop the one who submitted these tokens: of one exclusive lock its own token is needed, of
    shared ones on the same resource that of any (§6.2, §7)."""
    held = {lock.token for lock in guards if lock.token in submitted and lock.address == address}
    roots = {(lock.name, lock.shared) for lock in guards if lock.token in held}
    return [lock for lock in guards if lock.token not in held and not (lock.shared and (lock.name, True) in roots)]


def conflicting(locks: Iterable[Lock], name: str, wanted: Locking) -> list[Lock]:
    """The locks beside which a new one cannot be (§6.1, §9.10.5)."""
    reached = [lock for lock in locks if lock.covers(name) or (not name and wanted.infinite) or lock.name == name]
    return [lock for lock in reached if not (lock.shared and wanted.shared)]
