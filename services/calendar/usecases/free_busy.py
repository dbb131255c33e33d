"""When people and rooms are busy, as far as they show it to whoever asks."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import InvalidInput
from chassis.identity import Identity
from chassis.people import Person
from services.calendar.domain.access import NOBODY, Role
from services.calendar.domain.finding import availability
from services.calendar.domain.finding.availability import read_availability, unavailable
from services.calendar.domain.free_busy import Busy, Period, joined
from services.calendar.domain.preferences import EVERYBODY, MINISTRY, Preferences
from services.calendar.domain.resources.resource import Resource
from services.calendar.usecases.authority import access_to
from services.calendar.usecases.busy_times import periods_of, taking_time
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.resource_access import standing

MOST_PEOPLE = 100
LONGEST_WINDOW = timedelta(days=62)
_KINDS = {
    availability.Busy.BUSY: Busy.BUSY,
    availability.Busy.UNAVAILABLE: Busy.UNAVAILABLE,
    availability.Busy.TENTATIVE: Busy.TENTATIVE,
}


@dataclass(frozen=True)
class Shown:
    """`periods` is None where nothing is known, or nothing shown."""

    address: str
    periods: Sequence[Period] | None


async def free_busy(
    agenda: Agenda,
    caller: Identity,
    addresses: Sequence[str],
    start: datetime,
    end: datetime,
    without_uid: str = "",
    *,
    published: bool = True,
) -> list[Shown]:
    """In the order asked for. What people publish of their availability is told too (RFC 7953 §5), unless it is not to
    be `published`: who looks for slots knows their hours by itself. Raises `InvalidInput`."""
    _check(addresses, end - start)
    found = await agenda.people.by_addresses([address.lower() for address in addresses])
    people = {address: found.get(address.lower()) for address in addresses}
    rooms = {each.address: each for each in await seen_rooms(agenda, caller, addresses)}
    persons = sorted({person.account_id for person in people.values() if person is not None})
    owners = [*persons, *(each.id for each in rooms.values())]
    names = {person.account_id: frozenset(person.addresses) for person in people.values() if person is not None}
    names |= {each.id: frozenset({address}) for address, each in rooms.items()}
    first, last = int(start.timestamp()), int(end.timestamp())
    # Asked at once, and shown only where it may be.
    standing_there, wishes = await asyncio.gather(
        taking_time(agenda, owners, first, last), agenda.preferences.of_all(persons)
    )
    hidden = {
        person.account_id
        for person in people.values()
        if person is not None and not shows_to(wishes[person.account_id], person, caller)
    }
    granted = await _granted(agenda, caller, hidden)
    seen = [
        each
        for each in standing_there
        if (each.owner not in hidden or each.calendar in granted[each.owner])
        and not (without_uid and each.uid == without_uid)
    ]
    busy = await periods_of(agenda, owners, seen, first, last, addresses=names)
    refused = {each for each in hidden if not granted[each]}
    shown = {address: person.account_id for address, person in people.items() if person is not None}
    shown |= {address: rooms[address.lower()].id for address in addresses if address.lower() in rooms}
    if published:
        # By a grant one calendar is shown, and nothing else of whoever shows no busy times.
        shows = wishes.keys() - hidden
        busy |= {owner: with_availability(busy[owner], wishes[owner], first, last) for owner in shows}
    # Whoever is suspended comes to nothing, whatever their calendar says.
    away = [Period(first, last, Busy.UNAVAILABLE)]
    busy |= {person.account_id: away for person in people.values() if person is not None and person.suspended}
    return [
        Shown(address, busy[shown[address]] if address in shown and shown[address] not in refused else None)
        for address in people
    ]


def _check(addresses: Sequence[str], window: timedelta) -> None:
    if not 0 < len(addresses) <= MOST_PEOPLE:
        raise InvalidInput("Not so many people", fields={"addresses": f"1 to {MOST_PEOPLE}"})
    if not timedelta() < window <= LONGEST_WINDOW:
        raise InvalidInput("Not a window", fields={"end": f"at most {LONGEST_WINDOW.days} days after the start"})


def with_availability(found: list[Period], wishes: Preferences, start: int, end: int) -> list[Period]:
    """What somebody has, and when they cannot be met at all."""
    if not wishes.availability:
        return found
    parts = read_availability(wishes.availability.encode(), wishes.time_zone)
    away = [Period(a, b, _KINDS[kind]) for a, b, kind in unavailable(parts, start, end)]
    return joined([*found, *away], start, end)


async def seen_rooms(agenda: Agenda, caller: Identity, addresses: Sequence[str]) -> list[Resource]:
    """Rooms and equipment, by those of some addresses that are theirs, which the caller may book."""
    theirs = [address for address in addresses if address.lower().endswith(f"@{agenda.options.resource_domain}")]
    found = await agenda.resources.by_addresses(theirs) if theirs else []
    return [each for each in found if standing(each, caller).sees]


def shows_to(wishes: Preferences, person: Person, caller: Identity) -> bool:
    """Whether somebody's busy times are shown to a caller who was given no right on a calendar."""
    if person.account_id == caller.account_id or wishes.free_busy == EVERYBODY:
        return True
    return wishes.free_busy == MINISTRY and bool(person.unit_path) and person.unit_path[:1] == caller.unit_path[:1]


async def _granted(agenda: Agenda, caller: Identity, owners: Collection[str]) -> dict[str, set[str]]:
    """By owner the calendars on which the caller was given a right: of what is in others nothing is shown."""
    granted: dict[str, set[str]] = {owner: set() for owner in owners}
    if not granted:
        return granted
    calendars, held = await asyncio.gather(
        agenda.calendars.of_all(sorted(granted)), agenda.delegations.held_by(caller.account_id)
    )
    delegated = {each.owner: each.access for each in held}
    for each in calendars:
        if access_to(each, caller, delegated.get(each.owner, NOBODY)).role >= Role.FREE_BUSY:
            granted[each.owner].add(each.id)
    return granted
