"""Matters: reasons in law to keep the mail of an account, or of all accounts of a unit, and to let auditors look at it.

As long as a matter is in force nothing is lost of the mail of those it is about, who do not know of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import InvalidInput

LONGEST_REASON = 500
MOST_AUDITORS = 20
# In force at a time, in the whole administration: whoever loses mail looks through all of them.
MOST_OPEN = 1000
# What is known of matters is believed for some seconds: so long after its end a process may still keep for one.
SETTLES = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Matter:
    """About one account or, without `account_id`, about a unit and all below it. `name` is what people call what it is
    about; `unit_path` leads from the root to the unit, or to that of the account. `auditors` are accounts.

    It ends when it is closed, or at `until`.
    """

    id: str
    reason: str
    account_id: str
    unit_id: str
    unit_path: tuple[str, ...]
    name: str
    opened_by: str
    opened_at: datetime
    auditors: tuple[str, ...]
    until: datetime | None = None
    closed_at: datetime | None = None

    def ends_at(self) -> datetime | None:
        ends = [each for each in (self.until, self.closed_at) if each is not None]
        return min(ends, default=None)

    def in_force(self, now: datetime) -> bool:
        ends = self.ends_at()
        return ends is None or now < ends

    def settled(self, now: datetime) -> bool:
        """Whether it ended so long ago that nobody keeps anything for it any more."""
        ends = self.ends_at()
        return ends is not None and ends + SETTLES <= now

    def covers(self, account_id: str, unit_path: tuple[str, ...]) -> bool:
        """Whether it is about an account that stands there."""
        return account_id == self.account_id if self.account_id else self.unit_id in unit_path


def checked_reason(reason: str) -> str:
    """On one line. Raises `InvalidInput`."""
    plain = " ".join(reason.split())
    if not plain or len(plain) > LONGEST_REASON or not plain.isprintable():
        wrong = {"reason": f"must be text of at most {LONGEST_REASON} characters"}
        raise InvalidInput("Why is the mail kept?", fields=wrong)
    return plain


def checked_until(until: datetime | None, now: datetime) -> datetime | None:
    """Raises `InvalidInput`."""
    if until is not None and until <= now:
        raise InvalidInput("It would be over", fields={"until": "must be in the future"})
    return until


@dataclass(frozen=True, slots=True)
class Preserved:
    """Why a message is kept that its owner has no more."""

    mailbox_id: str
    mailbox: str
    # One of those below.
    why: str


# What became of it with its owner: its time was over; another draft came in its place, or it was sent; it moved to
# somebody else's mailbox; a script threw it away, refused it, sent it on or changed it.
EXPIRED, OVERWRITTEN, MOVED_AWAY, DISCARDED = "expired", "overwritten", "moved_away", "discarded"
# It can be had back still, or has not left, and is not kept for matters alone.
DELETED, WAITING = "deleted", "waiting"
