"""Reminders that are due, as their owner's devices see them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.errors import Conflict, InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.acknowledged import acknowledged
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import read_object
from services.calendar.domain.reminders import MAX_DEVICE, Reminder, snoozed
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.put_object import ATTEMPTS, write_over

MAX_IDS = 500
LONGEST_SNOOZE = timedelta(days=7)
NO_REMINDER = "There is no such reminder"


async def list_reminders(agenda: Agenda, caller: Identity, device: str) -> list[Reminder]:
    """Those that a device has not shown yet, the earliest first. Raises `InvalidInput`."""
    if len(device) > MAX_DEVICE:
        raise InvalidInput("Not a device", fields={"device_id": f"at most {MAX_DEVICE} characters"})
    waiting = await agenda.reminders.waiting(caller.account_id)
    gone = await agenda.emptying.among(each.calendar for each in waiting)
    return [each for each in waiting if each.calendar not in gone and not (device and device in each.shown_on)]


async def acknowledge_reminders(agenda: Agenda, caller: Identity, device: str, ids: Sequence[str]) -> None:
    """Raises `InvalidInput`."""
    if not 0 < len(device) <= MAX_DEVICE or len(ids) > MAX_IDS:
        raise InvalidInput("Not a device, or too many", fields={"device_id": "is needed", "ids": f"at most {MAX_IDS}"})
    await agenda.reminders.shown(caller.account_id, ids, device)


async def _own(agenda: Agenda, caller: Identity, reminder_id: str) -> Reminder:
    found = await agenda.reminders.find(caller.account_id, reminder_id)
    if found is None or await agenda.emptying.among([found.calendar]):
        raise NotFound(NO_REMINDER)
    return found


async def dismiss_reminder(agenda: Agenda, caller: Identity, reminder_id: str) -> None:
    """Raises `NotFound`, `Conflict`, `PreconditionFailed` where the event is locked."""
    reminder = await _own(agenda, caller, reminder_id)
    await agenda.reminders.dismiss(reminder.id)
    for _ in range(ATTEMPTS):
        stored = await agenda.objects.find(reminder.event)
        if stored is None or stored.owner != caller.account_id:
            return
        content = acknowledged(read_object(stored.content, scheduling=True), reminder.component, agenda.now())
        if content is None:
            return
        reached = await reach(agenda, caller, stored.calendar, Role.WRITE)
        if await write_over(agenda, reached, stored, content, Holder(caller.account_id)) is not None:
            return
    raise Conflict("Others change it all the time")


async def snooze_reminder(agenda: Agenda, caller: Identity, reminder_id: str, until: datetime) -> Reminder:
    """Raises `NotFound`, `InvalidInput`."""
    reminder = await _own(agenda, caller, reminder_id)
    if not timedelta() < until - agenda.now() <= LONGEST_SNOOZE:
        raise InvalidInput("Not a time ahead", fields={"until": "within the next seven days"})
    again = snoozed(reminder, until)
    await agenda.reminders.snooze(again)
    return again
