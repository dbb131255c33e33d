"""Move an object, or copy it, to another name or another calendar."""

from dataclasses import replace
from typing import Any

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import ALWAYS, Calendar, Precondition, resource_name_given
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import read_object
from services.calendar.domain.privacy import check_shown, hides
from services.calendar.domain.stored import Stored
from services.calendar.store.objects import Meanwhile
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import NO_OBJECT
from services.calendar.usecases.discard_object import discard
from services.calendar.usecases.keep_object import computed, keep, refuse_inbox, refuse_namesake
from services.calendar.usecases.locks import check_unlocked


async def move_object(
    agenda: Agenda,
    caller: Identity,
    source: tuple[str, str],
    target: tuple[str, str],
    *,
    overwrite: bool,
    copy: bool,
    precondition: Precondition = ALWAYS,
) -> bool:
    """`source` and `target` are a calendar's id and a name; whether nothing was under the target's before.

    Between calendars of one owner a meeting stays the same meeting, and nobody is told. Raises `NotFound`, `Forbidden`,
    `InvalidInput`, `PreconditionFailed` when something is there and is not to be replaced, `AlreadyExists` for the UID.
    """
    resource_name_given(target[1])
    if source == target:
        raise Forbidden("An object cannot be moved upon itself")
    here = await reach(agenda, caller, source[0], Role.READ if copy else Role.WRITE)
    there = await reach(agenda, caller, target[0], Role.WRITE)
    refuse_inbox(here.calendar)
    refuse_inbox(there.calendar)
    holder = Holder(caller.account_id, precondition.lock_tokens)

    async def act(left: Calendar, entered: Calendar, session: Any) -> bool:
        found = await agenda.objects.named(*source, session)
        if found is None or hides(found, here.access):
            raise NotFound(NO_OBJECT)
        precondition.check(found.etag, found.schedule_tag)
        before = await agenda.objects.named(*target, session)
        if not copy:
            check_unlocked(agenda, left, source[1], holder, membership=True)
        check_unlocked(agenda, entered, target[1], holder, membership=before is None)
        if before is not None:
            check_shown(before, there.access)
        _check_target(found, before, entered, overwrite=overwrite)
        if copy and found.schedule_tag:
            # Whoever removes the one would call off the other (RFC 6638 §3.2.4.1).
            rule = "unique-scheduling-object-resource"
            raise Forbidden("A meeting is in one calendar of its owner", fields={"rule": rule, "object": found.name})
        if not copy:
            await discard(agenda, left, found, session)
        elif source[0] == target[0]:
            raise AlreadyExists("A calendar holds a UID once", fields={"uid": source[1]})
        await _enter(agenda, entered, target[1], found, before, session)
        return before is None

    try:
        return await agenda.calendars.changing_both((source[0], target[0]), act)
    except Meanwhile:
        found = await agenda.objects.named(*source)
        if found is not None:
            await refuse_namesake(agenda, target[0], replace(found, name=target[1]))
        raise


def _check_target(found: Stored, before: Stored | None, entered: Calendar, *, overwrite: bool) -> None:
    """Raises `InvalidInput`, `PreconditionFailed`."""
    if found.schedule_tag and found.owner != entered.owner:
        raise InvalidInput("A meeting stays with its owner", fields={"rule": "scheduling"})
    if before is not None and not overwrite:
        raise PreconditionFailed("There is one already", fields={"etag": before.etag})
    if before is not None and before.schedule_tag:
        raise InvalidInput("A meeting is not replaced by another object", fields={"rule": "scheduling"})


async def _enter(
    agenda: Agenda, calendar: Calendar, name: str, found: Stored, before: Stored | None, session: Any
) -> None:
    """It is in a calendar what it was elsewhere, under an id of its own."""
    thing = read_object(found.content, scheduling=True)
    moved = computed(agenda, calendar, name, thing, before, found.schedule_tag, found.attached)
    # A number of its own: a cursor may come to stand between what went and what came.
    present = await agenda.calendars.advance(calendar.id, session)
    await keep(agenda, present, moved, before, session)
