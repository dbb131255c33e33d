"""Journals: what letters of whose are reported to whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from services.mail.domain.envelope import without_detail

# Kept at a time, in the whole administration: whoever delivers a letter looks through all of them.
MOST = 200
MOST_ADDRESSES = 3
# What is reported of a letter is gathered for so long: a report names all who got it by then.
GATHERED = timedelta(seconds=10)
# Behind the postmaster's name in the envelope of a report that goes elsewhere: what comes back is no letter to report.
BOUNCES = "+journal"


class Subject(Enum):
    """What a journal is about."""

    ACCOUNT = "account"
    UNIT = "unit"
    DOMAIN = "domain"


class Direction(Enum):
    """What its account did with a letter."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Journal:
    """`name` is what people call what it is about, `unit_path` leads to where that stands. `to` are addresses. `told`:
    those whose letters are reported may know."""

    id: str
    subject: Subject
    subject_id: str
    name: str
    unit_path: tuple[str, ...]
    to: tuple[str, ...]
    told: bool
    opened_by: str
    opened_at: datetime

    def covers(self, account_id: str, unit_path: tuple[str, ...], address: str) -> bool:
        """Whether it is about an account that stands there, or about what it sends or gets by an address."""
        if self.subject is Subject.UNIT:
            return self.subject_id in unit_path
        return self.subject_id == (account_id if self.subject is Subject.ACCOUNT else address.rpartition("@")[2])


@dataclass(frozen=True, slots=True)
class Journaled:
    """A letter that is to be reported to one address. `sender` and `recipients` are the envelope's, `blob` is what all
    recipients share, `prefix` stood above it where it came; `expanded` is the list by which it came."""

    to: str
    blob: str
    direction: Direction
    sender: str
    recipients: tuple[str, ...]
    at: datetime
    prefix: bytes = b""
    expanded: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be reported in one report, the eldest first; `seal` proves that the report is ours."""

    report_id: str
    seal: str
    entries: tuple[Journaled, ...]


def bounce_of_report(sender: str, recipient: str) -> bool:
    """Whether a letter tells what became of a report."""
    return not sender and recipient != without_detail(recipient) and recipient.partition("@")[0].endswith(BOUNCES)
