"""Who may read a file: whoever may read an event that carries it."""

import asyncio

from chassis.errors import NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.attachments import Attachment
from services.calendar.domain.privacy import hides
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import event_at
from services.calendar.usecases.list_calendars import shared_calendars

NO_FILE = "There is no such file"


async def open_attachment(agenda: Agenda, caller: Identity, attachment_id: str) -> Attachment:
    """One that an event carries in the caller's calendars, or in those that others share. Raises `NotFound`."""
    found = await openable(agenda, caller, attachment_id)
    if found is None:
        raise NotFound(NO_FILE)
    return found


async def openable(agenda: Agenda, caller: Identity, attachment_id: str) -> Attachment | None:
    found = await agenda.attachments.find(attachment_id)
    if found is None:
        return None
    if await agenda.objects.carrying(attachment_id, caller.account_id):
        return found
    shared = await shared_calendars(agenda, caller)
    owners = sorted({each.calendar.owner for each in shared})
    shown = await asyncio.gather(*(_shown(agenda, attachment_id, owner, shared) for owner in owners))
    return found if any(shown) else None


async def _shown(agenda: Agenda, attachment_id: str, owner: str, shared: list[Reached]) -> bool:
    """Whether somebody else's calendar shows an event that carries it; of what is private, only times are shown."""
    access = {each.calendar.id: each.access for each in shared}
    for stored in await agenda.objects.carrying(attachment_id, owner):
        found = access.get(stored.calendar)
        if found is not None and not hides(stored, found):
            return True
    return False


async def attachments_of(agenda: Agenda, caller: Identity, event_id: str) -> list[Attachment]:
    """The files that an event carries. Raises `NotFound`."""
    found = await event_at(agenda, caller, event_id, Role.READ)
    if hides(found.stored, found.reached.access):
        return []
    known = await agenda.attachments.those(found.stored.attached)
    return [known[each] for each in found.stored.attached if each in known]


async def attachment_of(agenda: Agenda, caller: Identity, event_id: str, attachment_id: str) -> Attachment:
    """Raises `NotFound`."""
    for each in await attachments_of(agenda, caller, event_id):
        if each.id == attachment_id:
            return each
    raise NotFound(NO_FILE)
