"""When people and, where one is asked for, a room could meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.finding.slots import LONGEST_BUFFER, LONGEST_WINDOW, MOST_PEOPLE, Guest, Slot, Wish, slots
from services.calendar.domain.finding.spans import Span
from services.calendar.domain.objects.values import FIRST, LAST
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.free_busy import free_busy, seen_rooms
from services.calendar.usecases.working_hours import closed_days, hours_of_people

MOST_ROOMS = 50


@dataclass(frozen=True)
class Asked:
    """`people`: addresses, with whether each is required; `rooms`: addresses of which one has to be free."""

    people: Sequence[tuple[str, bool]]
    rooms: Sequence[str]
    wish: Wish
    on_holidays: bool = False


@dataclass(frozen=True)
class Found:
    """Ids in `slots` are the addresses as they were asked for. `unknown`: those of which nothing is known, or shown to
    the caller; they are left out."""

    slots: list[Slot]
    unknown: list[str]


async def find_slots(agenda: Agenda, caller: Identity, asked: Asked) -> Found:
    """Raises `InvalidInput`."""
    _check(asked)
    wish = asked.wish
    required: dict[str, bool] = {}
    for address, needed in asked.people:
        required[address.lower()] = needed or required.get(address.lower(), False)
    rooms = list(dict.fromkeys(address.lower() for address in asked.rooms))
    busy = await _busy(agenda, caller, [*required, *rooms], wish)
    found = await agenda.people.by_addresses(list(required))
    known = {address: person for address in required if (person := found.get(address)) and address in busy}
    if not known:
        raise InvalidInput("Of nobody it is known when they are free", fields={"guests": "agents of the platform"})
    closed = () if asked.on_holidays else await closed_days(agenda, wish.start, wish.end)
    hours = await hours_of_people(agenda, list(known.values()))
    people = [
        Guest(address, hours[person.account_id].open(wish.start, wish.end, closed), busy[address], required[address])
        for address, person in known.items()
    ]
    doors = {each.address: each for each in await seen_rooms(agenda, caller, rooms)}
    places = [
        Guest(
            address,
            room.hours.open(wish.start, wish.end, () if room.policy.on_holidays else closed),
            busy[address],
        )
        for address in rooms
        if (room := doors.get(address)) is not None and address in busy
    ]
    unknown = [each for each in required if each not in known] + [each for each in rooms if each not in doors]
    return Found(slots(wish, people, places), unknown)


def _check(asked: Asked) -> None:
    """What free/busy is asked about has to be bounded before it is asked."""
    wish = asked.wish
    bad: dict[str, str] = {}
    if not 1 <= len(asked.people) <= MOST_PEOPLE:
        bad["guests"] = f"1 to {MOST_PEOPLE}"
    if len(asked.rooms) > MOST_ROOMS:
        bad["rooms"] = f"at most {MOST_ROOMS}"
    if not 0 <= wish.buffer <= LONGEST_BUFFER * 60:
        bad["buffer_minutes"] = f"at most {LONGEST_BUFFER}"
    elif not 0 < wish.end - wish.start <= LONGEST_WINDOW.total_seconds() - 2 * wish.buffer:
        bad["end"] = f"after the start, with buffers at most {LONGEST_WINDOW.days} days"
    if not FIRST <= wish.start <= LAST:
        bad["start"] = "of the years 2 to 9998"
    if bad:
        raise InvalidInput("No slots can be looked for by that", fields=bad)


async def _busy(agenda: Agenda, caller: Identity, addresses: Sequence[str], wish: Wish) -> dict[str, list[Span]]:
    """By address, of those that show it to the caller; of the window and the buffer around it."""
    first, last = (datetime.fromtimestamp(at, UTC) for at in (wish.start - wish.buffer, wish.end + wish.buffer))
    found: dict[str, list[Span]] = {}
    for at in range(0, len(addresses), MOST_PEOPLE):
        asked = addresses[at : at + MOST_PEOPLE]
        for shown in await free_busy(agenda, caller, asked, first, last, published=False):
            if shown.periods is not None:
                found[shown.address] = [(each.start, each.end) for each in shown.periods]
    return found
