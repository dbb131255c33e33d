"""Letters to distribution lists that wait for a moderator: whose do, and what becomes of them. Pure."""

from dataclasses import dataclass
from enum import Enum

from services.mail.domain.lists import MEMBERS, PLATFORM, UNIT

NOBODY = "nobody"
# Whose letters may wait for moderators, besides those of who writes freely.
MODERATED = (NOBODY, MEMBERS, UNIT, PLATFORM)


class Outcome(Enum):
    """Why a letter waits no more, as far as its sender is told; of one that is discarded nobody is."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ListPolicy:
    """Who decides on letters to a list, accounts and functions by id, and whose letters wait for them (`MODERATED`).
    `unit_path` leads to the unit of the list, as it was when this was said: whose auditors read of decisions."""

    list_id: str
    moderators: tuple[str, ...]
    moderated: str
    unit_path: tuple[str, ...]
