"""Let an event's video meeting stay with it, when video says where it is."""

from chassis.errors import Conflict
from services.calendar.domain.access import OWNER
from services.calendar.domain.companions import Meeting, companions_of, joined
from services.calendar.domain.objects import read_object
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.put_object import ATTEMPTS, write_over


async def link_conference(agenda: Agenda, event_id: str, meeting: Meeting) -> None:
    """The meeting's address comes to stay with the event, and whoever is invited is told. Told again, it is there.
    Raises `Conflict`."""
    for _ in range(ATTEMPTS):
        stored = await agenda.objects.find(event_id)
        if stored is None or not companions_of(stored.content).requested:
            return
        calendar = await agenda.calendars.find(stored.calendar)
        if calendar is None:
            return
        content = joined(read_object(stored.content, scheduling=True), meeting)
        if await write_over(agenda, Reached(calendar, OWNER), stored, content) is not None:
            return
    raise Conflict("Others change it all the time")
