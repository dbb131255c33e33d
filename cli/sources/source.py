"""What all sources give: letters in folders, each of which is read only when it is wanted."""

import email.utils
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message


class Unreadable(Exception):
    """A source cannot be read, and why."""


class SourceLost(Exception):
    """A source could be read, and can be no longer; it may be later."""


@dataclass(frozen=True)
class Letter:
    """A letter of a source. `key` tells it from all others of all sources; `folder` has "/" between levels."""

    key: str
    folder: str
    flags: tuple[str, ...]
    read: Callable[[], bytes]
    received_at: datetime | None = None
    # Octets that it keeps in memory until it is let go.
    held: int = 0


def dated(header: Message) -> datetime | None:
    """When a letter was received, as its topmost Received field says, or else written, as its Date does."""
    received = str(header.get("Received", "")).rpartition(";")[2]
    for text in (received, str(header.get("Date", ""))):
        try:
            found = email.utils.parsedate_to_datetime(" ".join(text.split()))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if moment := in_utc(found if found.tzinfo else found.replace(tzinfo=UTC)):
            return moment
    return None


def in_utc(moment: datetime) -> datetime | None:
    """None of the first and the last hours that there are, where they are in no year of UTC's."""
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError, OSError):
        return None
