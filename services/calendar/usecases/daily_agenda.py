"""Write to whoever wishes it, each working morning, what the day brings."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.calendar.domain.calendars import OWN
from services.calendar.domain.daily import Entry, bounds_of, daily_letter, next_daily, works
from services.calendar.domain.objects import window_buckets
from services.calendar.domain.preferences import Preferences
from services.calendar.domain.stored import Stored
from services.calendar.store.encoding import asked
from services.calendar.usecases.busy_times import instances_of
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import letter_requested
from services.calendar.usecases.working_hours import closed_days, hours_of

AT_ONCE = 100
_OFF = frozenset({"DECLINED", "DELEGATED"})


async def write_daily_agendas(agenda: Agenda) -> int:
    """How many were written. A letter and the next time it is due are one write: it is written once a day."""
    count = 0
    while due := await agenda.preferences.agendas_due(agenda.now(), AT_ONCE):
        for preferences, since in due:
            now, hours = agenda.now(), await hours_of(agenda, preferences)
            zone = ZoneInfo(preferences.time_zone)
            day, today = since.astimezone(zone).date(), now.astimezone(zone).date()
            if day != today:
                # A worker that was away does not write of yesterday, but of today.
                midnight = datetime.fromtimestamp(bounds_of(today, zone)[0], UTC)
                following = next_daily(preferences, hours, midnight)
                await agenda.preferences.agenda_written(preferences.owner, since, following)
                continue
            following = next_daily(preferences, hours, now)
            # The hours of a unit may be others since it was said when the letter is due.
            if day in await closed_days(agenda, *bounds_of(day, zone)) or not works(hours, day, zone):
                await agenda.preferences.agenda_written(preferences.owner, since, following)
                continue
            letter = daily_letter(day, zone, await _entries(agenda, preferences, *bounds_of(day, zone)))
            told = letter_requested(preferences.owner, *letter)
            await agenda.preferences.agenda_written(preferences.owner, since, following, told)
            count += 1
    return count


async def _entries(agenda: Agenda, preferences: Preferences, start: int, end: int) -> list[Entry]:
    """What takes place in one's own calendars."""
    calendars = [each.id for each in await agenda.calendars.of(preferences.owner) if each.kind == OWN]
    person = await agenda.people.by_id(preferences.owner)
    addresses = frozenset(person.addresses if person is not None else ())
    buckets = asked(window_buckets(start, end), end, agenda.now())
    found = await agenda.objects.in_window(calendars, buckets, content=False)
    return [
        entry
        for stored in found
        if stored.facts.component == "VEVENT"
        for entry in await _of_object(agenda, stored, start, end, addresses)
    ]


async def _of_object(agenda: Agenda, stored: Stored, start: int, end: int, addresses: frozenset[str]) -> list[Entry]:
    entries = []
    for each in await instances_of(agenda, stored, start, end):
        component = stored.facts.components[each.component]
        own = next((one.partstat for one in component.attendees if one.address in addresses), "")
        if component.status == "CANCELLED" or own in _OFF:
            continue
        entries.append(
            Entry(
                each.start,
                each.end,
                component.all_day,
                component.summary,
                component.location,
                unanswered=own == "NEEDS-ACTION",
            )
        )
    return entries
