"""Move an object, or copy it, to another name or another calendar."""

from dataclasses import replace
from typing import Any

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import ALWAYS, INBOX, Calendar, Precondition, resource_name_given
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import read_object
from services.calendar.store.objects import Meanwhile
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import NO_OBJECT, discard
from services.calendar.usecases.keep_object import computed, keep, refuse_namesake
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
    `PreconditionFailed` when something is there and is not to be replaced, `AlreadyExists` for the UID.
    """
    resource_name_given(target[1])
    if source == target:
        raise Forbidden("An object cannot be moved upon itself")
    here = await reach(agenda, caller, source[0], Role.READ if copy else Role.WRITE)
    there = await reach(agenda, caller, target[0], Role.WRITE)
    if there.calendar.kind == INBOX:
        raise Forbidden("Only messages come to the inbox", fields={"rule": "valid-scheduling-message"})

    holder = Holder(caller.account_id, precondition.lock_tokens)

    async def act(left: Calendar, entered: Calendar, session: Any) -> bool:
        found = await agenda.objects.named(*source, session)
        if found is None:
            raise NotFound(NO_OBJECT)
        precondition.check(found.etag, found.schedule_tag)
        if found.schedule_tag and left.owner != entered.owner:
            raise InvalidInput("A meeting stays with its owner", fields={"rule": "scheduling"})
        if not here.access.sees_private and found.facts.components[0].classification != "PUBLIC":
            raise NotFound(NO_OBJECT)
        before = await agenda.objects.named(*target, session)
        if not copy:
            check_unlocked(agenda, left, source[1], holder, membership=True)
        check_unlocked(agenda, entered, target[1], holder, membership=before is None)
        if before is not None and not overwrite:
            raise PreconditionFailed("There is one already", fields={"etag": before.etag})
        if before is not None and before.schedule_tag:
            raise InvalidInput("A meeting is not replaced by another object", fields={"rule": "scheduling"})
        if not copy:
            await discard(agenda, left, found, session)
        elif source[0] == target[0]:
            raise AlreadyExists("A calendar holds a UID once", fields={"uid": source[1]})
        moved = replace(
            computed(
                agenda,
                entered,
                target[1],
                read_object(found.content, scheduling=True),
                before,
                found.schedule_tag,
                found.attached,
            ),
            id=before.id if before is not None else new_id(),
        )
        # A number of its own: a cursor may come to stand between what went and what came.
        present = await agenda.calendars.advance(entered.id, session)
        await keep(agenda, present, moved, before, session)
        return before is None

    try:
        return await agenda.calendars.changing_both((source[0], there.calendar.id), act)
    except Meanwhile:
        found = await agenda.objects.named(*source)
        if found is not None:
            await refuse_namesake(agenda, target[0], replace(found, name=target[1]))
        raise
