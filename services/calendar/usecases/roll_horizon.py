"""Compute instances anew of what recurs beyond what is known, before time comes near the end of it."""

from dataclasses import replace

from chassis.errors import WorkspaceError
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.objects import facts_of, read_object
from services.calendar.domain.stored import Stored
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.keep_object import alarm_of

AT_ONCE = 50


async def roll_horizon(agenda: Agenda) -> int:
    """How many were computed. What changes meanwhile is computed by whoever changes it."""
    count = 0
    while due := await agenda.objects.to_roll(agenda.now(), AT_ONCE):
        for stored in due:
            calendar = await agenda.calendars.find(stored.calendar)
            after = _rolled(agenda, stored, calendar)
            alarm = alarm_of(agenda, calendar, after) if calendar is not None else None
            await agenda.objects.roll(stored, after, alarm)
        count += len(due)
    return count


def _rolled(agenda: Agenda, stored: Stored, calendar: Calendar | None) -> Stored:
    zone = calendar.time_zone if calendar is not None else agenda.options.time_zone
    try:
        facts = facts_of(read_object(stored.content, scheduling=True), zone, agenda.now() + agenda.options.horizon)
    except WorkspaceError:
        # Taken by rules of before: it stays as it is known, and is looked at again when time has passed.
        return replace(stored, updated_at=agenda.now())
    return replace(stored, facts=facts, longest=0, updated_at=agenda.now())
