"""Letters that rules on what may leave hold: why, for whose approval, and until when."""

from dataclasses import dataclass
from enum import Enum

from chassis.errors import InvalidInput

# Who may be named to decide, and characters of the reason that is given.
MOST_DECIDERS, MOST_REASON = 20, 500


class Outcome(Enum):
    """Why a letter waits no more."""

    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Ground:
    """A rule that is about the letter, as it was then; what does not hold it only warns."""

    unit_id: str
    name: str
    text: str
    holds: bool


def reason_given(text: str, *, needed: bool) -> str:
    """On one line. Raises `InvalidInput`."""
    reason = " ".join(text.split())
    if len(reason) > MOST_REASON or not reason.isprintable() or (needed and not reason):
        raise InvalidInput("Not a reason", fields={"reason": f"must be {int(needed)} to {MOST_REASON} characters"})
    return reason
