"""Tasks as a list shows them: which of an object's instances, and in which order."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from chassis.errors import InvalidInput
from services.calendar.domain.objects import ComponentFacts, Facts, Occurrence
from services.calendar.domain.objects.values import EARLIEST, LATEST
from services.calendar.domain.packed import Occurrences
from services.calendar.domain.stored import Stored

_UNURGENT = 10
# By which an index finds a task, with its calendar: of a series all is looked at.
OPEN, DONE, OFF, SERIES = "open", "done", "off", "series"
# Urgencies in one number with a due.
_URGENCIES = 16


class State(Enum):
    ALL = "all"
    OPEN = "open"
    DONE = "done"

    @property
    def standings(self) -> tuple[str, ...]:
        return (OPEN, DONE, OFF) if self is State.ALL else (self.value,)


@dataclass(frozen=True)
class Due:
    """From `start` until before `end`, in seconds UTC; None for no such end."""

    start: int | None = None
    end: int | None = None

    @property
    def any(self) -> bool:
        return self.start is None and self.end is None

    @property
    def span(self) -> tuple[int, int]:
        """Within which numbers (`Place.at`) tasks are; what is never due is in no window."""
        end = self.end if self.end is not None else LATEST + self.any
        return number_of(EARLIEST if self.start is None else self.start), number_of(end)

    def has(self, moment: int | None) -> bool:
        if moment is None:
            return self.any
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


def number_of(moment: int) -> int:
    """The first number (`Place.at`) of what is due at a moment."""
    return moment * _URGENCIES


class Place(NamedTuple):
    """Where a task stands in a list: by when it is due, then by urgency. `recurrence` is 0 for what is no instance."""

    due: int
    urgency: int
    key: str
    recurrence: int

    @property
    def at(self) -> int:
        """Due and urgency as one number, in the order of the list."""
        return number_of(self.due) + min(self.urgency, _URGENCIES - 1)

    def token(self) -> str:
        text = f"{self.due} {self.urgency} {self.recurrence} {self.key}"
        return base64.urlsafe_b64encode(text.encode()).decode()


def place_given(token: str) -> Place | None:
    """Raises `InvalidInput` for what is no token of a list."""
    if not token:
        return None
    try:
        due, urgency, recurrence, key = base64.urlsafe_b64decode(token.encode()).decode().split(" ", 3)
        return Place(int(due), int(urgency), key, int(recurrence))
    except (ValueError, binascii.Error):
        raise InvalidInput("Not a token of this list", fields={"page_token": "foreign"}) from None


def is_done(facts: ComponentFacts) -> bool:
    """Some programs say since when, and no more; so does whoever was given a task, whose STATUS is its organiser's."""
    return facts.status == "COMPLETED" or (facts.completed is not None and facts.status != "CANCELLED")


def is_open(facts: ComponentFacts) -> bool:
    return not is_done(facts) and facts.status != "CANCELLED"


def due_of(facts: ComponentFacts, at: Occurrence) -> int | None:
    """When an instance is due; None for never (RFC 5545 §3.6.2: by DUE, or by DTSTART and DURATION)."""
    begins = facts.all_day or facts.floating or facts.time_zone
    return at.end if facts.due is not None or (begins and at.end > at.start) else None


def standing_of(facts: Facts) -> tuple[str, int]:
    """Which of the standings a task has, and its number in the order of lists (`Place.at`); none of a series."""
    first = facts.components[0]
    if facts.recurring or first.recurrence:
        return SERIES, 0
    known = Occurrences.of(facts.occurrences)
    moment = due_of(first, known[0] if known else Occurrence(LATEST, LATEST))
    place = Place(LATEST if moment is None else moment, first.priority or _UNURGENT, "", 0)
    standing = DONE if is_done(first) else OPEN if is_open(first) else OFF
    return standing, place.at


def listed(stored: Stored, state: State, due: Due) -> Iterator[Place]:
    """What a list has of a task. Of a series: its instances that are due in a window with two ends; without one those
    that are closed, and the first that is open."""
    components = stored.facts.components
    for at, recurrence in _candidates(stored, due):
        facts = components[at.component]
        wanted = state is State.ALL or (is_open(facts) if state is State.OPEN else is_done(facts))
        moment = due_of(facts, at)
        if wanted and due.has(moment):
            yield Place(LATEST if moment is None else moment, facts.priority or _UNURGENT, stored.key, recurrence)


def _candidates(stored: Stored, due: Due) -> Iterator[tuple[Occurrence, int]]:
    components = stored.facts.components
    known = Occurrences.of(stored.facts.occurrences)
    if not stored.facts.recurring and not components[0].recurrence:
        yield known[0] if known else Occurrence(LATEST, LATEST), 0
    elif due.start is not None and due.end is not None:
        # What is due when the window begins has begun before it.
        yield from ((each, each.recurrence) for each in stored.occurrences_between(due.start - 1, due.end))
    else:
        yield from _of_series(components, known)


def _of_series(components: tuple[ComponentFacts, ...], known: Occurrences) -> Iterator[tuple[Occurrence, int]]:
    whole = is_open(components[0])
    if not whole and known:
        # All of it was closed at once: it is one thing to show.
        yield known[0]._replace(component=0), 0
    if whole and len(components) == 1:
        yield from ((each, each.recurrence) for each in known[:1])
        return
    found = False
    for each in known:
        if is_open(components[each.component]):
            if not found:
                yield each, each.recurrence
            found = True
        elif each.component or whole:
            yield each, each.recurrence
