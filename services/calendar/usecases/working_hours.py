"""When people work: what they wish themselves, else what the nearest unit above them says, else the usual hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from chassis.errors import Forbidden
from chassis.identity import Identity
from chassis.people import Person
from services.calendar.domain.finding.holidays import (
    Correction,
    Holiday,
    check_year,
    corrections_given,
    days_off,
    holidays_of,
)
from services.calendar.domain.finding.working_hours import USUAL, Hours, WorkingHours
from services.calendar.domain.preferences import Preferences
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.keep_holidays import follow_corrections


@dataclass(frozen=True)
class Known:
    """Hours, and the unit that says them: none for the usual ones."""

    hours: WorkingHours
    unit_id: str = ""


def _nearest(found: Mapping[str, WorkingHours], unit_path: Sequence[str]) -> Known:
    return next((Known(found[unit], unit) for unit in reversed(unit_path) if unit in found), Known(USUAL))


async def unit_hours(agenda: Agenda, unit_path: Sequence[str]) -> Known:
    """Of the unit at the end of a path."""
    return _nearest(await agenda.hours.of(unit_path), unit_path)


async def set_unit_hours(agenda: Agenda, unit_path: Sequence[str], hours: WorkingHours) -> Known:
    """Of the unit at the end of a path, which the caller administers; without spans it has again what is above it."""
    if any(hours.days):
        await agenda.hours.put(unit_path[-1], hours)
    else:
        await agenda.hours.remove(unit_path[-1])
    return await unit_hours(agenda, unit_path)


async def hours_of_people(agenda: Agenda, people: Sequence[Person]) -> dict[str, Hours]:
    """By account, in two questions."""
    wishes = await agenda.preferences.of_all([each.account_id for each in people])
    units = await agenda.hours.of(unit for each in people for unit in each.unit_path)
    found: dict[str, Hours] = {}
    for each in people:
        known = _nearest(units, each.unit_path)
        found[each.account_id] = wishes[each.account_id].hours(known.hours if known.unit_id else None)
    return found


async def hours_of(agenda: Agenda, preferences: Preferences) -> Hours:
    """Of one person, as they wish now."""
    person = await agenda.people.by_id(preferences.owner)
    known = await unit_hours(agenda, person.unit_path if person is not None else ())
    return preferences.hours(known.hours if known.unit_id else None)


async def closed_days(agenda: Agenda, start: int, end: int) -> frozenset[date]:
    """The holidays around a window."""
    first, last = (datetime.fromtimestamp(at, UTC).date() for at in (start - 2 * 86400, end + 2 * 86400))
    return days_off(first, last, await agenda.hours.corrections({first.year, last.year}))


async def list_holidays(agenda: Agenda, year: int) -> list[Holiday]:
    """Raises `InvalidInput` for a year of which nobody knows them."""
    check_year(year)
    return holidays_of(year, await agenda.hours.corrections({year}))


async def correct_holidays(agenda: Agenda, caller: Identity, year: int, said: Sequence[Correction]) -> list[Holiday]:
    """Raises `Forbidden` for who does not administer the whole, `InvalidInput`."""
    if not caller.administers(()):
        raise Forbidden("National holidays are the national administrator's")
    await agenda.hours.correct(year, corrections_given(said))
    await follow_corrections(agenda)
    return await list_holidays(agenda, year)
