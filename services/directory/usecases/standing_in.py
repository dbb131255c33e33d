"""In whose name an act is tried or done that was asked for earlier: an approval stands in for a session."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StandIn:
    """Somebody whose authority is asked for anew, though it is not logged in at this moment."""

    account_id: str
    # How strong its login was, and when it acted in it: what ended since then ended this as well.
    acr: str
    since: datetime
    # Only whether it might is asked: nothing is to be written.
    rehearses: bool = False
    approval_id: str = ""
    # Who approved, for the audit log.
    approved_by: str = ""


_at_hand: ContextVar[StandIn | None] = ContextVar("stand_in", default=None)


def stand_in() -> StandIn | None:
    return _at_hand.get()


@contextmanager
def standing_in(who: StandIn) -> Iterator[None]:
    """Do what follows in the name of somebody."""
    token = _at_hand.set(who)
    try:
        yield
    finally:
        _at_hand.reset(token)
