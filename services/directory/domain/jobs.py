"""A job over many accounts: what it is to do, how far it is, what became of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

IMPORT, DEPARTURE = "import", "departure"
CHECKING, CHECKED, RUNNING, DONE, CANCELED, FAILED = "checking", "checked", "running", "done", "canceled", "failed"
ACTIVE = frozenset({CHECKING, RUNNING})
# What may still become something else.
OPEN = ACTIVE | {CHECKED}
CREATED, UPDATED, MOVED, DEPARTED, UNCHANGED, REFUSED = (
    "created", "updated", "moved", "departed", "unchanged", "refused",
)  # fmt: skip
KEPT = timedelta(days=30)
# A chunk that fails so often in a row will not succeed.
MOST_STUMBLES = 5


@dataclass(frozen=True)
class Job:
    """A job; `done` counts the rows of the pass at hand."""

    id: str
    kind: str
    state: str
    started_by: str
    starter: str
    created_at: datetime
    rows: int
    filename: str = ""
    done: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    stumbles: int = 0
    error: str = ""
    ended_at: datetime | None = None

    @property
    def checks(self) -> bool:
        """Whether the pass at hand does nothing."""
        return self.state == CHECKING


@dataclass(frozen=True)
class Outcome:
    """What became of a row; in a check, what would."""

    line: int
    subject: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Survey:
    """What reading a whole file once told: its rows, lines that repeat an earlier one, units that hold others."""

    rows: int
    repeats: Mapping[int, int]
    inner: frozenset[tuple[str, ...]] = frozenset()
