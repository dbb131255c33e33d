"""What is due, as far as it was looked at, given out so that no sender and no destination is in front of all others."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from services.mail.domain.queue import Entry

# Entries of one look, and looks at a time: whoever fills more than half of one is looked past.
SOME, MOST_LOOKS = 500, 6
# Senders whose last turn is remembered.
REMEMBERED = 50_000


class Due(Protocol):
    """`services.mail.store.queue.Queue`, as far as it is looked at."""

    async def due(
        self, now: datetime, limit: int, *, but_domains: Sequence[str] = (), but_owners: Sequence[str] = ()
    ) -> list[Entry]: ...


class Shelf:
    """Entries that are nobody's yet; whether they still are, shows the claim."""

    def __init__(self, queue: Due) -> None:
        self._queue = queue
        self._entries: dict[str, Entry] = {}
        # When each sender had its last turn.
        self._turns: dict[str, int] = {}
        self._turn = 0

    async def look(self, now: datetime, full: Sequence[str]) -> None:
        """Look again at what is due, but for destinations that take nothing more."""
        domains, owners = list(full), list[str]()
        found: dict[str, Entry] = {}
        for _ in range(MOST_LOOKS):
            some = await self._queue.due(now, SOME, but_domains=domains, but_owners=owners)
            found |= {entry.id: entry for entry in some}
            if len(some) < SOME:
                break
            owner, of_owner = Counter(entry.owner for entry in some).most_common(1)[0]
            domain, of_domain = Counter(entry.domain for entry in some).most_common(1)[0]
            if of_owner > SOME // 2:
                owners.append(owner)
            elif of_domain > SOME // 2:
                domains.append(domain)
            else:
                break
        self._entries = found

    def take(self, has_room: Callable[[Entry], bool]) -> Entry | None:
        """The entry of the sender whose turn it is, for a destination that takes it; None when there is none."""
        open_ = (entry for entry in self._entries.values() if has_room(entry))
        entry = min(open_, key=lambda entry: (self._turns.get(entry.owner, 0), entry.due), default=None)
        if entry is None:
            return None
        del self._entries[entry.id]
        if len(self._turns) >= REMEMBERED:
            self._turns.clear()
        self._turn += 1
        self._turns[entry.owner] = self._turn
        return entry
