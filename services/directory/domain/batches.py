"""Batches of activation letters: what is asked for, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

PREPARING, READY, FAILED = "preparing", "ready", "failed"
# A page each: more than anybody folds at a time.
MOST_LETTERS = 500
# Whoever prepared them prints them at once; a batch that nobody comes for is of no use to a thief either.
PRINTED_WITHIN = timedelta(hours=1)
KEPT = timedelta(days=2)
# While one worker prepares a batch, no other does.
CLAIMED = timedelta(minutes=10)
MOST_TRIES = 3


@dataclass(frozen=True)
class Batch:
    """A batch: of a unit and all below it, or of some accounts."""

    id: str
    started_by: str
    created_at: datetime
    expires_at: datetime
    unit_id: str = ""
    accounts: tuple[str, ...] = ()
    state: str = PREPARING
    letters: int = 0
    more: bool = False
    pieces: int = 0
    tries: int = 0
    error: str = ""


@dataclass(frozen=True)
class Printed:
    """What stands on a letter."""

    name: str
    address: str
    units: tuple[str, ...]
    code: str
    until: datetime
