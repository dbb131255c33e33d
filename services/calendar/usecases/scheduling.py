"""What a change of a meeting asks to be told to others, and how it is kept then."""

from dataclasses import dataclass

from chassis.events import Fact
from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.stored import Stored
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda


@dataclass(frozen=True)
class Planned:
    """The object as it is kept, and what goes out with it, in one write."""

    object: CalendarObject
    schedule_tag: str = ""
    facts: tuple[Fact, ...] = ()


async def plan(agenda: Agenda, reached: Reached, before: Stored | None, given: CalendarObject) -> Planned:
    """Raises `Forbidden` for a change that only the organiser makes (RFC 6638 §3.2.2.1)."""
    return Planned(given)


async def plan_removal(agenda: Agenda, reached: Reached, before: Stored, *, no_reply: bool) -> tuple[Fact, ...]:
    """What is told when an object is deleted."""
    return ()
