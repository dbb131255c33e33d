"""Take an object out of a calendar, whoever wants it gone: a client, a scheduling message, a round."""

from collections.abc import Sequence
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
    told = await _told(agenda, calendar, stored, facts)
    await agenda.objects.bury(stored, calendar.modseq, agenda.now(), session, *told)
    await agenda.calendars.count(calendar.id, -1, -stored.octets, session)
    await agenda.reminders.forget_event(stored.key, session)
    await note_carried(agenda, stored.attached, (), session)
    await forget_locks(agenda, calendar, stored.name, session)


async def discard_with_calendar(agenda: Agenda, calendar: Calendar, stored: Stored, session: Any, *facts: Fact) -> None:
    """The same out of a calendar that is gone: no cursor asks for it. Where another was faster, nothing is told."""
    if not await agenda.objects.erase(stored, session, *await _told(agenda, calendar, stored, facts)):
        return
    await agenda.reminders.forget_event(stored.key, session)
    await note_carried(agenda, stored.attached, (), session)
    await note_called_off(agenda, stored, session)


async def note_called_off(agenda: Agenda, stored: Stored, session: Any) -> None:
    """A meeting is deleted: what is said of its UID later has to be a later word."""
    if stored.schedule_tag:
        await agenda.scheduling.note_called_off(stored.owner, stored.uid, last_word(stored), agenda.now(), session)


def last_word(stored: Stored) -> int:
    """The SEQUENCE of the end of a meeting."""
    return max(each.sequence for each in stored.facts.components) + 1


async def _told(agenda: Agenda, calendar: Calendar, stored: Stored, facts: Sequence[Fact]) -> Sequence[Fact]:
    # A message that has been seen to is no event that is off, and the meeting that it is of keeps what it has.
    if calendar.kind == INBOX:
        return facts
    return [event_cancelled(stored, calendar), *await companion_facts(agenda, calendar, stored, None), *facts]
