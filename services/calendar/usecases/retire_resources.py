"""Resources that are given up: whoever had booked one is told, then its calendar goes."""

from contextlib import suppress

from chassis.errors import Conflict, NotFound, PreconditionFailed
from services.calendar.domain.calendars import id_of
from services.calendar.domain.resources.deciding import Decision, Reason, State
from services.calendar.domain.resources.resource import CALENDAR, Resource
from services.calendar.usecases.book_resource import booking_id_of
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.decide_booking import say
from services.calendar.usecases.empty_calendars import remove_calendar

AT_ONCE = 20


async def retire_resources(agenda: Agenda) -> int:
    """How many are gone now. Repeatable; one that others change meanwhile is left to the next round."""
    count = 0
    for resource in await agenda.resources.retiring(AT_ONCE):
        with suppress(Conflict):
            await retire(agenda, resource)
            count += 1
    return count


async def retire(agenda: Agenda, resource: Resource) -> None:
    """Repeatable. Raises `Conflict`."""
    calendar = await agenda.calendars.find(id_of(resource.id, CALENDAR))
    if calendar is not None:
        now = int(agenda.now().timestamp())
        async for stored in agenda.objects.all_of(calendar.id, content=False):
            # Nobody is told of what is past.
            if any(each.end > now for each in stored.facts.occurrences):
                with suppress(NotFound, PreconditionFailed):
                    await say(agenda, resource, booking_id_of(stored.uid), Decision(State.DECLINED, Reason.GONE))
        with suppress(NotFound):
            await remove_calendar(agenda, calendar)
    await agenda.resources.retired(resource.id)
