"""What became of a message that somebody sent: written beside whom it was for (SCHEDULE-STATUS)."""

from collections.abc import Mapping
from typing import Any

from chassis.errors import Conflict
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.itip.addresses import Address
from services.calendar.domain.itip.status import with_status
from services.calendar.domain.objects import read_object
from services.calendar.domain.stored import Stored
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.keep_object import computed, keep

ATTEMPTS = 20


async def note_statuses(agenda: Agenda, owner: str, uid: str, statuses: Mapping[Address, str]) -> None:
    """On the meeting of a UID, wherever its owner has it; one that is gone is passed over. Raises `Conflict`."""
    for _ in range(ATTEMPTS):
        copies = await agenda.objects.of_owner_with_uid(owner, uid)
        stored = next((each for each in copies if each.schedule_tag), None)
        if stored is None or await _noted(agenda, stored, statuses):
            return
    raise Conflict("Others change it all the time")


async def _noted(agenda: Agenda, stored: Stored, statuses: Mapping[Address, str]) -> bool:
    """False when it was changed meanwhile."""
    after = with_status(read_object(stored.content, scheduling=True), statuses)
    if after.etag == stored.etag:
        return True
    calendar = await agenda.calendars.get(stored.calendar)
    kept = computed(agenda, calendar, stored.name, after, stored, stored.schedule_tag)

    async def act(present: Calendar, session: Any) -> bool:
        found = await agenda.objects.find(stored.key, session)
        if found is None or found.etag != stored.etag or found.calendar != stored.calendar:
            return False
        await keep(agenda, present, kept, stored, session)
        return True

    return await agenda.calendars.changing(calendar.id, act)
