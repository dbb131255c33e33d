"""Write an event or a task of one's own fields, and change one: this instance, it and what follows, or all."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from uuid import uuid4

from chassis.errors import Conflict, InvalidInput, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Precondition
from services.calendar.domain.instances import recurrence_given
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import serialise
from services.calendar.domain.objects.edits import (
    Edit,
    change_all,
    change_following,
    change_one,
    delete_following,
    delete_one,
    instance_of,
    override_of,
)
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import local_of, write_moment
from services.calendar.domain.stored import Stored
from services.calendar.domain.structured.composing import edit_of, new_component
from services.calendar.domain.structured.fields import Fields
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.event_at import EVENT, Found, event_at, setting_of
from services.calendar.usecases.put_object import ATTEMPTS, put_object, write_over
from services.calendar.usecases.read_event import EventRead, as_read, clock_of_series
from services.calendar.usecases.split_series import split_series


class Scope(Enum):
    ALL = "all"
    THIS = "this"
    FOLLOWING = "following"


@dataclass(frozen=True)
class Meant:
    """Which instances; `recurrence_id` is empty where all are meant. `etag` is what was seen, empty for whatever is
    there."""

    scope: Scope = Scope.ALL
    recurrence_id: str = ""
    etag: str = ""


async def create_event(
    agenda: Agenda, caller: Identity, calendar_id: str, fields: Fields, component: str = EVENT
) -> EventRead:
    """Raises `NotFound`, `Forbidden`, `InvalidInput`, `PreconditionFailed` for a calendar that is full."""
    reached = await reach(agenda, caller, calendar_id, Role.WRITE)
    uid = str(uuid4())
    setting = await setting_of(agenda, caller, reached.calendar)
    now = write_moment(local_of(agenda.now()), utc=True)
    node = new_component(component, uid, fields, setting, now)
    kept = await put_object(
        agenda, caller, calendar_id, f"{uid}.ics", serialise(node), Precondition(if_none_match=("*",))
    )
    return await as_read(agenda, caller, Found(kept.stored, reached))


async def update_event(
    agenda: Agenda, caller: Identity, event_id: str, fields: Fields, meant: Meant, component: str = EVENT
) -> EventRead:
    """The event after the change: where what follows was meant, the series that it has become.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `PreconditionFailed` where it is not what was seen.
    """
    for _ in range(ATTEMPTS):
        found = await event_at(agenda, caller, event_id, Role.WRITE, component)
        _check(found, meant)
        setting = await setting_of(agenda, caller, found.calendar)
        changed = await change(agenda, caller, found, meant, lambda base: edit_of(fields, base, setting))  # noqa: B023
        if changed is not None:
            return await as_read(agenda, caller, Found(changed, found.reached))
    raise Conflict("Others change it all the time")


async def delete_event(agenda: Agenda, caller: Identity, event_id: str, meant: Meant, component: str = EVENT) -> None:
    """Raises `NotFound`, `Forbidden`, `InvalidInput`, `PreconditionFailed` where it is not what was seen."""
    for _ in range(ATTEMPTS):
        found = await event_at(agenda, caller, event_id, Role.WRITE, component)
        _check(found, meant)
        left = _without(agenda, found, meant)
        if left is not None:
            if await _put(agenda, caller, found, left) is not None:
                return
            continue
        unchanged = Precondition(if_match=(found.stored.etag,))
        try:
            await delete_object(agenda, caller, found.calendar.id, found.stored.name, unchanged)
            return
        except PreconditionFailed as error:
            if "etag" not in error.fields:
                raise
    raise Conflict("Others change it all the time")


def _check(found: Found, meant: Meant) -> None:
    if meant.etag and meant.etag != found.stored.etag:
        raise PreconditionFailed("It is not what you have seen", fields={"etag": found.stored.etag})


async def change(
    agenda: Agenda, caller: Identity, found: Found, meant: Meant, make: Callable[[Node], Edit]
) -> Stored | None:
    """`make` is given the series, or the instance that is meant. None when it was changed meanwhile."""
    thing, zone, now = found.thing(), found.calendar.time_zone, agenda.now()
    series = Series(thing, zone)
    recurrence = _recurrence(series, meant)
    if recurrence is None:
        content = change_all(thing, make(thing.nodes[0]), zone, now)
        return await _put(agenda, caller, found, content)
    edit = make(override_of(series, instance_of(series, recurrence)))
    if meant.scope is Scope.THIS:
        return await _put(agenda, caller, found, change_one(thing, recurrence, edit, zone, now))
    uid = str(uuid4())
    parts = change_following(thing, recurrence, edit, zone, now, uid)
    if parts.before is None:
        return await _put(agenda, caller, found, parts.after)
    return await split_series(agenda, caller, found, parts.before, f"{uid}.ics", parts)


async def _put(agenda: Agenda, caller: Identity, found: Found, content: bytes) -> Stored | None:
    return await write_over(agenda, found.reached, found.stored, content, Holder(caller.account_id))


def _recurrence(series: Series, meant: Meant) -> int | None:
    """Which instance is meant; None for all. Raises `InvalidInput`."""
    if meant.scope is Scope.ALL:
        return None
    if not meant.recurrence_id:
        if series.recurring:
            raise InvalidInput("Which instance?", fields={"recurrence_id": "is missing"})
        return None
    return recurrence_given(meant.recurrence_id, clock_of_series(series))


def _without(agenda: Agenda, found: Found, meant: Meant) -> bytes | None:
    """What is left of an object; None for nothing."""
    thing, zone, now = found.thing(), found.calendar.time_zone, agenda.now()
    recurrence = _recurrence(Series(thing, zone), meant)
    if recurrence is None:
        return None
    cut = delete_one if meant.scope is Scope.THIS else delete_following
    return cut(thing, recurrence, zone, now)
