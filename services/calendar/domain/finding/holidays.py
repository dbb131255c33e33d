"""The national holidays of Togo, and the calendar that shows them.

Those that follow the moon are estimates until the government says the day, commonly on the eve. An administrator
corrects them, and adds days that a decree gives, such as that of an election.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays

from chassis.errors import InvalidInput
from services.calendar.domain.objects import serialise
from services.calendar.domain.objects.lines import Line, made, made_text
from services.calendar.domain.objects.tree import Node

YEARS_BEFORE, YEARS_AFTER = 1, 3
MOST_CORRECTIONS, LONGEST_NAME = 200, 100
_SPACE = uuid.UUID("0d4f6f0e-3f4c-5d0c-9a55-6c1f7a1f5f0a")
_FIRST_YEAR, _LAST_YEAR = 1961, 2100
# How far the moon may be from where it was expected.
_MOON = timedelta(days=10)
_ESTIMATED = " (estimated)"
# By the names that the package has in English; of two on one day it sorts the names, in each language another way.
_FRENCH = {
    "New Year's Day": "Jour de l'an",
    "Liberation Day": "Fête de la libération nationale",
    "Easter Monday": "Lundi de Pâques",
    "Independence Day": "Fête de l'indépendance",
    "Labor Day": "Fête du travail",
    "Ascension Day": "Ascension",
    "Pentecost Monday": "Lundi de Pentecôte",
    "Martyrs' Day": "Fête des martyrs",
    "Assumption Day": "Assomption",
    "All Saints' Day": "Toussaint",
    "Christmas Day": "Noël",
    "First Day of Ramadan": "Début du ramadan",
    "Eid al-Fitr": "Aïd el-Fitr",
    "Eid al-Adha": "Tabaski",
}


@dataclass(frozen=True, slots=True)
class Holiday:
    """`key` names it in every year: "labor-day"; `year` is the one that it belongs to, also where it was moved out of
    it; `number` tells two of a year apart, as the moon gives them."""

    day: date
    year: int
    key: str
    french: str
    english: str
    estimated: bool = False
    number: int = 1


@dataclass(frozen=True, slots=True)
class Correction:
    """What an administrator says of one year: that a holiday is on another day or, without a day, not at all; with a
    key that no holiday of the year has, a day more, which needs names."""

    year: int
    key: str
    day: date | None
    french: str = ""
    english: str = ""
    number: int = 1


def holidays_of(year: int, corrections: Sequence[Correction] = ()) -> list[Holiday]:
    """The holidays of a year, in its order. One that a correction moved to another year is that year's."""
    found: list[Holiday] = []
    # The moon's year is shorter: what is corrected across New Year stands under the year that estimated it.
    for of in (year - 1, year, year + 1):
        found += (holiday for holiday in _corrected(of, corrections) if holiday.day.year == year)
    return sorted(found, key=lambda holiday: (holiday.day, holiday.key, holiday.number))


def days_off(start: date, end: date, corrections: Sequence[Correction] = ()) -> frozenset[date]:
    """The holidays from one day to another, both included."""
    years = range(start.year, end.year + 1)
    return frozenset(
        holiday.day for year in years for holiday in holidays_of(year, corrections) if start <= holiday.day <= end
    )


def corrections_given(given: Iterable[Correction]) -> tuple[Correction, ...]:
    """An administrator's list. Raises `InvalidInput`."""
    found = tuple(given)
    if len(found) > MOST_CORRECTIONS:
        raise InvalidInput("Too many corrections", fields={"corrections": f"at most {MOST_CORRECTIONS}"})
    if len({(one.year, one.key, one.number) for one in found}) < len(found):
        raise InvalidInput("A holiday is corrected twice", fields={"corrections": "each year's holiday once"})
    for one in found:
        _check(one)
    return found


def check_year(year: int) -> None:
    """Raises `InvalidInput`."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InvalidInput("Not a year that has holidays", fields={"year": f"{_FIRST_YEAR} to {_LAST_YEAR}"})


def _check(one: Correction) -> None:
    check_year(one.year)
    if any(len(name) > LONGEST_NAME or not name.isprintable() for name in (one.key, one.french, one.english)):
        raise InvalidInput("Not a name", fields={"name": f"at most {LONGEST_NAME} characters, on one line"})
    known = next((each for each in _estimated(one.year) if (each.key, each.number) == (one.key, one.number)), None)
    # One that the moon gives at the end of a year may be seen in the next.
    near = known is not None and known.estimated and one.day is not None and abs(one.day - known.day) <= _MOON
    if one.day is not None and one.day.year != one.year and not near:
        raise InvalidInput("A holiday stays in its year", fields={"date": f"of {one.year}"})
    if known is None and (not one.key or one.day is None or not one.french):
        raise InvalidInput("A day more needs a key, a day and a name", fields={"corrections": one.key or "no key"})


@lru_cache(maxsize=32)
def _estimated(year: int) -> tuple[Holiday, ...]:
    """The holidays of a year as they are known without a word from the government."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return ()
    known = holidays.country_holidays("TG", years=year, language="en_US")
    found: list[Holiday] = []
    numbers: dict[str, int] = {}
    for day in sorted(known):
        for said in known.get_list(day):
            name = said.removesuffix(_ESTIMATED)
            numbers[name] = numbers.get(name, 0) + 1
            key = name.lower().replace("'", "").replace(" ", "-")
            found.append(Holiday(day, year, key, _FRENCH.get(name, name), name, said != name, numbers[name]))
    return tuple(found)


def _corrected(year: int, corrections: Sequence[Correction]) -> list[Holiday]:
    said: Mapping[tuple[str, int], Correction] = {(one.key, one.number): one for one in corrections if one.year == year}
    found: list[Holiday] = []
    known = _estimated(year)
    for holiday in known:
        one = said.get((holiday.key, holiday.number))
        if one is None:
            found.append(holiday)
        elif one.day is not None:
            names = (one.french or holiday.french, one.english or holiday.english)
            found.append(Holiday(one.day, year, holiday.key, *names, number=holiday.number))
    usual = {(holiday.key, holiday.number) for holiday in known}
    for key, one in said.items():
        if key not in usual and one.day is not None:
            found.append(Holiday(one.day, year, one.key, one.french, one.english or one.french, number=one.number))
    return found


def years_shown(now: datetime) -> range:
    return range(now.year - YEARS_BEFORE, now.year + YEARS_AFTER + 1)


def shown(now: datetime, corrections: Sequence[Correction] = ()) -> list[Holiday]:
    """The holidays that the calendar of them shows: of last year up to three years ahead."""
    return [holiday for year in years_shown(now) for holiday in holidays_of(year, corrections)]


def event_of(holiday: Holiday) -> tuple[str, bytes]:
    """The UID and the iCalendar object (RFC 5545) of a holiday: a whole day that keeps nobody busy.

    The UID stays when the day is corrected, so that no client shows it twice. The octets follow from the holiday alone.
    """
    uid = f"{uuid.uuid5(_SPACE, f'{holiday.key} {holiday.year} {holiday.number}')}@holidays.gouv.tg"
    lines = [
        made("UID", uid),
        # RFC 5545 §3.8.7.2: without a METHOD, when it was last revised; a constant, that equal days have equal octets.
        made("DTSTAMP", f"{holiday.year:04d}0101T000000Z"),
        _date("DTSTART", holiday.day),
        _date("DTEND", holiday.day + timedelta(days=1)),
        made_text("SUMMARY", f"{holiday.french} (date estimée)" if holiday.estimated else holiday.french),
        made("CLASS", "PUBLIC"),
        made("TRANSP", "TRANSPARENT"),
        made("STATUS", "TENTATIVE" if holiday.estimated else "CONFIRMED"),
    ]
    return uid, serialise(Node("VEVENT", lines))


def _date(name: str, day: date) -> Line:
    return made(name, f"{day:%Y%m%d}", {"VALUE": "DATE"})
