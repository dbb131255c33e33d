"""When people and a room could meet: the moments of a window, the best first.

Everything is counted by sweeping over spans: for each person the starts that suit are a handful of ranges on the grid
of possible starts, added up as differences. The cost follows the number of spans and the length of the grid, never
their product.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from heapq import nsmallest
from itertools import accumulate

from chassis.errors import InvalidInput
from services.calendar.domain.finding.spans import Span, common, covers, merged, touches, without

MOST_PEOPLE, MOST_ROOMS, MOST_SLOTS = 100, 100, 200
LONGEST_WINDOW = timedelta(days=62)
# In minutes.
SHORTEST, LONGEST, SHORTEST_STEP, LONGEST_BUFFER = 5, 24 * 60, 5, 4 * 60
_MINUTE = 60


class Why(Enum):
    """What keeps somebody from a meeting."""

    BUSY = "busy"
    OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True, slots=True)
class Guest:
    """A person, or a room that the meeting could be in: `id` is the caller's. `hours`: when it can be met; `busy`: what
    it has already. Both are of at least the window that is asked for, `busy` also of the buffer around it."""

    id: str
    hours: Sequence[Span]
    busy: Sequence[Span] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for, in seconds. Starts are at `start`, one `step` later, and so on; the meeting ends by `end`.
    `buffer` is what has to be free before and after, inside hours or not; nothing starts before `earliest`."""

    start: int
    end: int
    length: int
    step: int = 15 * _MINUTE
    buffer: int = 0
    earliest: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to meet: who cannot come and why, by id, and the rooms that are free, in the order they were given."""

    start: int
    end: int
    missing: dict[str, Why] = field(default_factory=dict)
    rooms: tuple[str, ...] = ()


def slots(wish: Wish, people: Sequence[Guest], rooms: Sequence[Guest] = ()) -> list[Slot]:
    """The best `limit` slots: such as suit most of the required people first, then such as have a room, then such as
    suit most of the others, then the earliest. All are inside the hours of every required person or, where nobody is,
    of somebody; where a required person is busy, or no room is free, it is said, and better slots come before. Raises
    `InvalidInput`."""
    _check(wish, people, rooms)
    required = [guest for guest in people if guest.required]
    others = [guest for guest in people if not guest.required]
    shared: Sequence[Span] = [(wish.start, wish.end)]
    for guest in required:
        shared = common(shared, merged(guest.hours))
    if not required:
        shared = common(shared, merged(span for guest in others for span in guest.hours))
    possible = _ranges(wish, _starts(wish, shared))
    coming = _counted(wish, [_suiting(wish, guest) for guest in required])
    joining = _counted(wish, [_suiting(wish, guest) for guest in others])
    open_rooms = _counted(wish, [_suiting(wish, room) for room in rooms])

    def rank(at: int) -> tuple[int, bool, int, int]:
        return len(required) - coming[at], bool(rooms) and not open_rooms[at], -joining[at], at

    best = nsmallest(wish.limit, (at for first, last in possible for at in range(first, last + 1)), key=rank)
    checks = [(guest.id, *_sets(guest)) for guest in people]
    doors = [(room.id, *_sets(room)) for room in rooms]
    return [_slot(wish, at, checks, doors) for at in best]


def _check(wish: Wish, people: Sequence[Guest], rooms: Sequence[Guest]) -> None:
    bad: dict[str, str] = {}
    if not 1 <= len(people) <= MOST_PEOPLE:
        bad["people"] = f"1 to {MOST_PEOPLE}"
    if len(rooms) > MOST_ROOMS:
        bad["rooms"] = f"at most {MOST_ROOMS}"
    if not 0 < wish.end - wish.start <= LONGEST_WINDOW.total_seconds():
        bad["window"] = f"at most {LONGEST_WINDOW.days} days"
    if not SHORTEST * _MINUTE <= wish.length <= LONGEST * _MINUTE:
        bad["length"] = f"{SHORTEST} to {LONGEST} minutes"
    if not SHORTEST_STEP * _MINUTE <= wish.step <= LONGEST * _MINUTE:
        bad["step"] = f"{SHORTEST_STEP} to {LONGEST} minutes"
    if not 0 <= wish.buffer <= LONGEST_BUFFER * _MINUTE:
        bad["buffer"] = f"at most {LONGEST_BUFFER} minutes"
    if not 1 <= wish.limit <= MOST_SLOTS:
        bad["limit"] = f"1 to {MOST_SLOTS}"
    if bad:
        raise InvalidInput("No slots can be looked for by that", fields=bad)


def _starts(wish: Wish, spans: Sequence[Span]) -> list[Span]:
    """When something of the length may start so that it lies within spans: ends are starts too."""
    return [(start, end - wish.length) for start, end in spans if end - start >= wish.length]


def _suiting(wish: Wish, guest: Guest) -> list[Span]:
    """When the meeting may start for one guest, as ranges of the grid."""
    hours = [(start, end + 1) for start, end in _starts(wish, merged(guest.hours))]
    # From here to there a start is too near to what it has; a meeting that only touches it is not.
    taken = merged(
        (start - wish.length - wish.buffer + 1, end + wish.buffer) for start, end in guest.busy if start < end
    )
    return _ranges(wish, [(start, end - 1) for start, end in without(hours, taken)])


def _ranges(wish: Wish, starts: Sequence[Span]) -> list[Span]:
    """The first and the last place on the grid of each span of starts, without what is too early or too late."""
    found = []
    for start, end in starts:
        first = -(-(max(start, wish.start, wish.earliest) - wish.start) // wish.step)
        last = (min(end, wish.end - wish.length) - wish.start) // wish.step
        if first <= last:
            found.append((first, last))
    return found


def _counted(wish: Wish, suiting: Sequence[Sequence[Span]]) -> list[int]:
    """How many each place of the grid suits."""
    changes = [0] * ((wish.end - wish.start) // wish.step + 2)
    for ranges in suiting:
        for first, last in ranges:
            changes[first] += 1
            changes[last + 1] -= 1
    return list(accumulate(changes))


def _sets(guest: Guest) -> tuple[list[Span], list[Span]]:
    return merged(guest.hours), merged(guest.busy)


def _slot(
    wish: Wish,
    at: int,
    people: Sequence[tuple[str, Sequence[Span], Sequence[Span]]],
    rooms: Sequence[tuple[str, Sequence[Span], Sequence[Span]]],
) -> Slot:
    start = wish.start + at * wish.step
    end = start + wish.length
    missing = {guest: why for guest, hours, busy in people if (why := _why_not(wish, start, hours, busy))}
    free = tuple(room for room, hours, busy in rooms if not _why_not(wish, start, hours, busy))
    return Slot(start, end, missing, free)


def _why_not(wish: Wish, start: int, hours: Sequence[Span], busy: Sequence[Span]) -> Why | None:
    end = start + wish.length
    if touches(busy, start - wish.buffer, end + wish.buffer):
        return Why.BUSY
    return None if covers(hours, start, end) else Why.OUTSIDE_HOURS
