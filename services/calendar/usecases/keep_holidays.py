"""Keep the calendar of national holidays, which everybody sees, as administrators and the moon say."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chassis.errors import AlreadyExists
from chassis.ids import new_id
from services.calendar.domain.access import EVERYBODY, Grant, Role
from services.calendar.domain.calendars import NATIONAL, NATIONAL_CALENDAR, NATIONAL_NAME, NATIONAL_OWNER, Calendar
from services.calendar.domain.finding.holidays import event_of, shown, years_shown
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.discard_object import discard
from services.calendar.usecases.facts import calendar_changed
from services.calendar.usecases.keep_object import computed, keep

TITLE = "Jours fériés"
_DESCRIPTION = "Jours fériés du Togo\nNational holidays of Togo"
# After what people made themselves.
_ORDER = 1000
# Objects of one transaction.
_BATCH = 25


async def keep_holidays(agenda: Agenda) -> int:
    """How many came, changed or went: only those are written, and nobody's cursor moves for the rest. Makes the
    calendar where there is none."""
    if await agenda.calendars.find(NATIONAL_CALENDAR) is None:
        made = _made(agenda)
        with suppress(AlreadyExists):  # another worker was faster
            await agenda.calendars.insert(made, calendar_changed(made))
    wanted = await _wanted(agenda)
    known = {row.name: row.etag for row in await agenda.objects.rows(NATIONAL_CALENDAR)}
    different = sorted(
        name for name in wanted.keys() | known.keys() if name not in wanted or wanted[name].etag != known.get(name)
    )
    for start in range(0, len(different), _BATCH):
        await _write(agenda, different[start : start + _BATCH])
    return len(different)


async def follow_corrections(agenda: Agenda) -> None:
    """At once, where the round has made the calendar."""
    if await agenda.calendars.find(NATIONAL_CALENDAR) is not None:
        await keep_holidays(agenda)


def _made(agenda: Agenda) -> Calendar:
    return Calendar(
        NATIONAL_OWNER,
        NATIONAL_NAME,
        TITLE,
        new_id(),
        agenda.now(),
        kind=NATIONAL,
        description=_DESCRIPTION,
        order=_ORDER,
        time_zone=agenda.options.time_zone,
        components=("VEVENT",),
        transparent=True,
        grants=(Grant(EVERYBODY, Role.READ, sees_private=True),),
    )


async def _wanted(agenda: Agenda, session: Any = None) -> dict[str, CalendarObject]:
    """What the calendar is to hold, by name."""
    now = agenda.now()
    corrections = await agenda.hours.corrections(years_shown(now), session)
    events = [event_of(holiday) for holiday in shown(now, corrections)]
    return {f"{uid.partition('@')[0]}.ics": read_object(octets) for uid, octets in events}


async def _write(agenda: Agenda, names: Sequence[str]) -> None:
    """Corrections are read again within: of two that write at once, the later one knows what the other knew."""

    async def act(calendar: Calendar, session: Any) -> None:
        wanted = await _wanted(agenda, session)
        for name in names:
            given, before = wanted.get(name), await agenda.objects.named(calendar.id, name, session)
            if (given.etag if given is not None else None) == (before.etag if before is not None else None):
                continue
            # A number of its own each: a cursor may come to stand between two.
            present = await agenda.calendars.advance(calendar.id, session)
            if given is not None:
                await keep(agenda, present, computed(agenda, present, name, given, before), before, session)
            elif before is not None:
                await discard(agenda, present, before, session)

    await agenda.calendars.changing(NATIONAL_CALENDAR, act)
