"""Letters to distribution lists that wait for a moderator: whose do, and what becomes of them. Pure."""

from dataclasses import dataclass
from enum import Enum

from services.mail.domain.authentication.found import Found
from services.mail.domain.authentication.verdicts import Result
from services.mail.domain.list_loops import Origin
from services.mail.domain.lists import MEMBERS, PLATFORM, UNIT

NOBODY = "nobody"
# Whose letters may wait for moderators, besides those of who writes freely.
MODERATED = (NOBODY, MEMBERS, UNIT, PLATFORM)
# What becomes of letters from outside: there is no such address, each waits, or what is proven and no junk does not.
CLOSED, HELD, OPEN = "closed", "moderated", "open"
OUTSIDE = (CLOSED, HELD, OPEN)


class Outcome(Enum):
    """Why a letter waits no more, as far as its sender is told; of one that is discarded nobody is."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Why(Enum):
    """Why a letter waits; moderators see it."""

    # Whoever sent it does not write freely, or nobody does from outside.
    SENDER = "sender"
    # From outside: judged junk, not proven by DMARC to be from whom it says, in a name of ours, or sent to many.
    JUNK = "junk"
    UNPROVEN = "unproven"
    OURS = "ours"
    BULK = "bulk"
    # A machine wrote it.
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class ListPolicy:
    """Who decides on letters to a list, accounts and functions by id, whose letters wait for them (`MODERATED`), and
    what becomes of those from `outside` (`OUTSIDE`), of which so many are `waiting`.
    `unit_path` leads to the unit of the list, as it was when this was said: whose auditors read of decisions."""

    list_id: str
    moderators: tuple[str, ...]
    moderated: str
    unit_path: tuple[str, ...]
    outside: str = CLOSED
    waiting: int = 0


def why_from_outside(policy: ListPolicy, origin: Origin, found: Found | None, *, junk: bool, ours: bool) -> Why | None:
    """Why a letter from outside waits; None when the members get it at once. `ours`: its author's name is in a domain
    of ours: whoever has one logs in, and what such an agent once wrote elsewhere proves itself wherever it is sent."""
    if junk:
        return Why.JUNK
    if found is None or found.dmarc is not Result.PASS:
        return Why.UNPROVEN
    if ours:
        return Why.OURS
    if origin is Origin.AUTOMATIC:
        return Why.AUTOMATIC
    if origin is Origin.BULK:
        return Why.BULK
    return None if policy.outside == OPEN else Why.SENDER
