"""Write locks (RFC 4918 §6) as the core knows them. The service of the kind keeps them, and says whom they stop: in the
write itself, so that no lock is taken between the question and the write."""

from collections.abc import Iterable
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
    # Nothing was there when it was locked (§7.3).
    empty: bool = False

    def covers(self, name: str) -> bool:
        """Whether the content and properties of what is under a name are locked by it (§7)."""
        return self.name == name or (not self.name and self.infinite)


def covering(locks: Iterable[Lock], name: str) -> list[Lock]:
    """The locks of a resource, its own and those that reach it from above."""
    return [lock for lock in locks if lock.covers(name)]
