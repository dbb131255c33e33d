"""Take an object out of a calendar, whoever wants it gone: a client, a scheduling message, a round."""

from typing import Any

from chassis.events import Fact
from services.calendar.domain.calendars import INBOX, Calendar
from services.calendar.domain.stored import Stored
from services.calendar.usecases.attachments.carrying import note_carried
from services.calendar.usecases.companions import companion_facts
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import event_cancelled
from services.calendar.usecases.locks import forget_locks


async def discard(agenda: Agenda, calendar: Calendar, stored: Stored, session: Any, *facts: Fact) -> None:
    """In a transaction that has advanced the calendar."""
    told = list(facts)
    # A message that has been seen to is no event that is off, and the meeting that it is of keeps what it has.
    if calendar.kind != INBOX:
        told = [event_cancelled(stored, calendar), *await companion_facts(agenda, calendar, stored, None), *facts]
    await agenda.objects.bury(stored, calendar.modseq, agenda.now(), session, *told)
    await agenda.calendars.count(calendar.id, -1, -stored.octets, session)
    await agenda.reminders.forget_event(stored.key, session)
    await note_carried(agenda, stored.attached, (), session)
    await forget_locks(agenda, calendar, stored.name, session)
