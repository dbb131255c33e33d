"""Letters that the platform writes to people itself: what they are about, and how long they are worth sending."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# A code that proves a recovery address; a link that replaces a lost password; news of another recovery address.
CONFIRM, RESET, CHANGED, REMOVED = "confirm_recovery", "reset", "recovery_changed", "recovery_removed"
# After each try that failed; the last one is repeated until the letter is over.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 30, 60, 120, 300))
# While one process tries, no other does.
CLAIMED = timedelta(seconds=120)
# News is worth sending for so long; a code as long as it is good.
NEWS_LASTS = timedelta(days=3)
# Of one account within a day: who asks for more only fills somebody's mailbox.
MOST_RESETS, MOST_CONFIRMATIONS = 3, 5


@dataclass(frozen=True)
class Letter:
    """A letter about an account. `said` fills its words, and may hold a secret: it is never kept in the open."""

    account_id: str
    kind: str
    to: str
    said: Mapping[str, str]
    until: datetime


@dataclass(frozen=True)
class Waiting:
    """The same as it is kept until it was handed over: sealed."""

    id: str
    account_id: str
    sealed: str
    due_at: datetime
    expires_at: datetime
    tries: int = 0

    def next_due(self, now: datetime) -> datetime | None:
        """When to try again after a failure; None when it would be too late by then."""
        due = now + PAUSES[min(self.tries, len(PAUSES) - 1)]
        return due if due < self.expires_at else None


@dataclass(frozen=True)
class Asked:
    """That somebody asked for a reset, for the address that is sealed in it: whether it is anybody's is seen later."""

    id: str
    sealed: str
    expires_at: datetime
