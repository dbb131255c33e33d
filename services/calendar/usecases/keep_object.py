"""Write an object into a calendar, whoever it comes from: a client, a scheduling message, an import."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, PreconditionFailed
from chassis.events import Fact
from chassis.ids import new_id
from services.calendar.domain.calendars import INBOX, MAX_CALENDAR_OCTETS, MAX_OBJECTS, OWN, TEAM, Calendar
from services.calendar.domain.objects import CalendarObject, facts_of
from services.calendar.domain.packed import Occurrences
from services.calendar.domain.reminders import next_due
from services.calendar.domain.stored import Stored
from services.calendar.usecases.attachments.carrying import carried_still, note_carried
from services.calendar.usecases.companions import companion_facts
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import event_cancelled, event_created, event_updated


def computed(
    agenda: Agenda,
    calendar: Calendar,
    name: str,
    given: CalendarObject,
    before: Stored | None,
    schedule_tag: str = "",
    attached: Sequence[str] | None = None,
) -> Stored:
    """What is kept of an object: under `before`'s id where there was one. It carries the files that are `attached`,
    else those of before that it names still. Raises `InvalidInput`."""
    if given.component not in calendar.components:
        raise InvalidInput(
            "This calendar keeps no such component",
            fields={"calendar": given.component, "rule": "supported-calendar-component"},
        )
    return Stored(
        owner=calendar.owner,
        id=before.id if before is not None else new_id(),
        calendar=calendar.id,
        name=name,
        modseq=0,
        updated_at=agenda.now(),
        etag=given.etag,
        octets=len(given.octets),
        facts=facts_of(given, calendar.time_zone, agenda.now() + agenda.options.horizon),
        content=given.octets,
        schedule_tag=schedule_tag,
        attached=carried_still(given, before) if attached is None else tuple(attached),
    )


async def keep(
    agenda: Agenda,
    calendar: Calendar,
    given: Stored,
    before: Stored | None,
    session: Any,
    *facts: Fact,
    counted: bool = False,
) -> Stored:
    """Write it into a calendar that the transaction has advanced, and that has counted it where it is `counted`;
    `before` is what has been under its name.

    Raises `AlreadyExists` naming the object that has its UID, `PreconditionFailed` when the calendar is full,
    `Meanwhile` where something else is under its name by now.
    """
    objects, octets = (0, 0) if counted else growth_of(given, before)
    grows = growth_of(given, before)[1] > 0
    if calendar.objects + objects > MAX_OBJECTS or (grows and calendar.octets + octets > MAX_CALENDAR_OCTETS):
        raise PreconditionFailed("The calendar is full", fields={"calendar": "full"})
    if before is not None and before.uid != given.uid:
        await refuse_namesake(agenda, calendar.id, given)
    after = replace(given, modseq=calendar.modseq)
    tell = _tell(before, after, calendar)
    companions = await companion_facts(agenda, calendar, before, after)
    await agenda.objects.put(
        after,
        session,
        tell,
        *companions,
        *facts,
        counts=not calendar.transparent,
        alarm=alarm_of(agenda, calendar, after),
        organizer=_organizer_in_team(calendar, after),
        before=before.etag if before is not None else None,
    )
    await note_carried(agenda, before.attached if before is not None else (), after.attached, session)
    if before is not None and _when(before) != _when(after):
        # Who was reminded of it as it was is reminded of it as it is.
        await agenda.reminders.forget_event(after.key, session)
    await agenda.calendars.count(calendar.id, objects, octets, session)
    return after


def _organizer_in_team(calendar: Calendar, stored: Stored) -> str:
    """Of a meeting in a team's calendar; empty elsewhere."""
    organizer = stored.facts.components[0].organizer
    return organizer.address if calendar.kind == TEAM and stored.schedule_tag and organizer is not None else ""


def growth_of(given: Stored, before: Stored | None) -> tuple[int, int]:
    """How many objects and octets come."""
    return int(before is None), given.octets - (before.octets if before is not None else 0)


def refuse_inbox(calendar: Calendar) -> None:
    """Only messages come to it (RFC 6638 §2.2), and it is not where they are kept. Raises `Forbidden`."""
    if calendar.kind == INBOX:
        raise Forbidden("Only messages come to the inbox", fields={"rule": "valid-scheduling-message"})


async def refuse_namesake(agenda: Agenda, calendar_id: str, given: Stored) -> None:
    """Raises `AlreadyExists` where another object has the UID (RFC 4791 §5.3.2.1)."""
    holder = await agenda.objects.with_uid(calendar_id, given.uid)
    if holder is not None and holder.name != given.name:
        raise AlreadyExists("Another object of this calendar has its UID", fields={"uid": holder.name})


def alarm_of(agenda: Agenda, calendar: Calendar, stored: Stored) -> int | None:
    """When its owner is to be reminded of it next; of what is nobody's own, clients remind by themselves."""
    if calendar.kind != OWN:
        return None
    return next_due(stored.facts, int(agenda.now().timestamp()) - 1)


def _when(stored: Stored) -> tuple[bytes, object]:
    return Occurrences.of(stored.facts.occurrences).packed(), stored.facts.alarms


def _tell(before: Stored | None, after: Stored, calendar: Calendar) -> Fact:
    """An event that is called off stays, and is no more all the same."""
    if before is None:
        return event_created(after, calendar)
    return event_cancelled(after, calendar) if after.is_off and not before.is_off else event_updated(after, calendar)
