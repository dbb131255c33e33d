"""Keep an iCalendar object under a name of a calendar; who is invited is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.errors import AlreadyExists, Conflict, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import ALWAYS, Calendar, Precondition, resource_name_given
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import read_object
from services.calendar.domain.privacy import check_shown
from services.calendar.domain.stored import Stored
from services.calendar.store.objects import Meanwhile
from services.calendar.usecases.attachments.carrying import carried_still
from services.calendar.usecases.attachments.vouching import vouched
from services.calendar.usecases.authority import Reached, check_role, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.keep_object import computed, growth_of, keep, refuse_namesake
from services.calendar.usecases.locks import check_unlocked
from services.calendar.usecases.scheduling import plan

# Somebody else changed the same object between our reading and our writing it.
ATTEMPTS = 5


@dataclass(frozen=True)
class Kept:
    """`created`: there was none under its name. `changed`: what is kept is not octet for octet what was given."""

    stored: Stored
    created: bool
    changed: bool = False


async def put_object(
    agenda: Agenda,
    caller: Identity,
    calendar_id: str,
    name: str,
    content: bytes,
    precondition: Precondition = ALWAYS,
) -> Kept:
    """Raises `InvalidInput` and `TooLarge` for what a calendar does not keep, `AlreadyExists` naming the object that
    has its UID, `PreconditionFailed`, `NotFound`, `Forbidden`, `Conflict`."""
    reached = await reach(agenda, caller, calendar_id, Role.WRITE)
    return await put_into(agenda, caller, reached, name, content, precondition)


async def put_into(
    agenda: Agenda,
    caller: Identity,
    reached: Reached,
    name: str,
    content: bytes,
    precondition: Precondition = ALWAYS,
) -> Kept:
    """The same, in a calendar that was found already. Raises the same."""
    check_role(reached, Role.WRITE)
    holder = Holder(caller.account_id, precondition.lock_tokens)
    return await write_object(agenda, reached, name, content, precondition, holder)


async def write_object(
    agenda: Agenda,
    reached: Reached,
    name: str,
    content: bytes,
    precondition: Precondition = ALWAYS,
    holder: Holder | None = None,
    attached: Sequence[str] = (),
) -> Kept:
    """The same, of whoever has the right to it already. The platform itself is no `holder`, and no lock keeps it.
    `attached` are files that it may carry beside those that it carries."""
    resource_name_given(name)
    for _ in range(ATTEMPTS):
        kept = await _attempt(agenda, reached, name, content, precondition, holder, attached)
        if kept is not None:
            return kept
    raise Conflict("Others change it all the time")


async def write_over(
    agenda: Agenda,
    reached: Reached,
    before: Stored,
    content: bytes,
    holder: Holder | None = None,
    attached: Sequence[str] = (),
) -> Stored | None:
    """The same in the place of what was read; None where that was changed meanwhile, or is gone: nobody's change is
    undone, and nothing that was deleted comes back."""
    unchanged = Precondition(if_match=(before.etag,))
    try:
        kept = await write_object(agenda, reached, before.name, content, unchanged, holder, attached)
    except PreconditionFailed as error:
        if "etag" not in error.fields:
            raise
        return None
    return kept.stored


async def _attempt(
    agenda: Agenda,
    reached: Reached,
    name: str,
    content: bytes,
    precondition: Precondition,
    holder: Holder | None,
    attached: Sequence[str],
) -> Kept | None:
    """None when it was changed meanwhile."""
    before = await agenda.objects.named(reached.calendar.id, name)
    if holder is not None:
        check_unlocked(agenda, reached.calendar, name, holder, membership=before is None)
        if before is not None:
            check_shown(before, reached.access)
    precondition.check(before.etag if before else None, before.schedule_tag if before else "")
    # An attendee's copy is as others write it, and may be of some instances alone.
    given = read_object(content, scheduling=before is not None and bool(before.schedule_tag))
    if before is not None and before.etag == given.etag:
        return Kept(before, created=False)
    if before is not None and before.uid != given.uid:
        # Whoever is invited to the one would never hear that it is gone (RFC 4791 §5.3.2.1).
        raise AlreadyExists("An object keeps its UID", fields={"uid": name})
    carrying = await vouched(agenda, before, given, attached)
    planned = await plan(agenda, reached, before, carrying.object)
    carried = carried_still(planned.object, before, carrying.ids)
    stored = computed(agenda, reached.calendar, name, planned.object, before, planned.schedule_tag, carried)

    async def act(calendar: Calendar, session: Any) -> Kept:
        if holder is not None:
            check_unlocked(agenda, calendar, name, holder, membership=before is None)
        kept = await keep(agenda, calendar, stored, before, session, *planned.facts, counted=True)
        return Kept(kept, created=before is None, changed=stored.content != content)

    try:
        return await agenda.calendars.changing(reached.calendar.id, act, *growth_of(stored, before))
    except Meanwhile:
        await refuse_namesake(agenda, reached.calendar.id, stored)
        return None
