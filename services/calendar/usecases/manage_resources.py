"""Set up a room or equipment of a unit, change it, give it up. Its calendar comes and goes with it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from chassis.errors import AlreadyExists, Conflict, InvalidInput, NotFound
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.calendars import RESOURCE, Calendar, id_of
from services.calendar.domain.resources.resource import (
    CALENDAR,
    PREFIX,
    Kind,
    Resource,
    address_given,
    described,
    local_part,
)
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import calendar_changed
from services.calendar.usecases.resource_access import administered_resource
from services.calendar.usecases.resource_acts import resource_changed, resource_created, resource_given_up
from services.calendar.usecases.retire_resources import retire

# Names that make the same address.
_NAMESAKES = 50
NO_UNIT = "No such unit"


class Units(Protocol):
    """Directory, as far as units are asked of it."""

    async def path(self, unit_id: str) -> tuple[str, ...]:
        """The ids from the root to a unit, as the identity at hand may know. Raises `NotFound`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class Wanted:
    """`address`: its part before the @, or empty. `said` are fields of `domain.resources.resource.FIELDS`."""

    unit_id: str
    kind: Kind
    address: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)


async def create_resource(agenda: Agenda, units: Units, caller: Identity, wanted: Wanted) -> Resource:
    """Raises `NotFound` for a unit that the caller does not administer, `AlreadyExists` for an address that is taken,
    `InvalidInput`, `Unavailable`."""
    path = await administered_path(units, caller, wanted.unit_id)
    bare = Resource(f"{PREFIX}{new_id()}", wanted.kind, "", "", wanted.unit_id, path, agenda.now())
    made = described(bare, {"name": "", "policy": bare.policy, **wanted.said})
    await refuse_strangers(agenda, made)
    domain = agenda.options.resource_domain
    if wanted.address:
        return await _set_up(agenda, replace(made, address=address_given(wanted.address, domain)))
    local = local_part(made.name)
    for n in range(1, _NAMESAKES):
        with suppress(AlreadyExists):
            return await _set_up(agenda, replace(made, address=f"{local}{f'-{n}' if n > 1 else ''}@{domain}"))
    raise AlreadyExists("Many have that name: choose an address", fields={"address": "taken"})


async def administered_path(units: Units, caller: Identity, unit_id: str) -> tuple[str, ...]:
    """Raises `NotFound` for a unit that the caller does not administer, as for one that there is not."""
    path: tuple[str, ...] | None = None
    if unit_id:
        with suppress(NotFound):
            path = await units.path(unit_id)
    if path is None or not caller.administers(path):
        raise NotFound(NO_UNIT)
    return path


async def refuse_strangers(agenda: Agenda, resource: Resource) -> None:
    """Whoever decides has to be there. Raises `InvalidInput`."""
    known = {each.account_id for each in await agenda.people.by_ids(resource.policy.stewards) if not each.suspended}
    if missing := set(resource.policy.stewards) - known:
        raise InvalidInput("Not an agent here", fields={"steward_ids": ", ".join(sorted(missing))[:200]})


async def _set_up(agenda: Agenda, resource: Resource) -> Resource:
    calendar = Calendar(
        owner=resource.id,
        name=CALENDAR,
        title=resource.name,
        epoch=new_id(),
        created_at=agenda.now(),
        kind=RESOURCE,
        time_zone=resource.hours.zone,
        components=("VEVENT",),
    )

    kept = await resource_created(agenda, resource)

    async def act(session: Any) -> None:
        await agenda.resources.insert(resource, session)
        await agenda.calendars.insert(calendar, calendar_changed(calendar), kept, session=session)

    await agenda.calendars.together(act)
    return resource


async def update_resource(agenda: Agenda, caller: Identity, resource_id: str, said: Mapping[str, Any]) -> Resource:
    """Change the fields that `said` has; what is booked stays so. Raises `NotFound`, `InvalidInput`, `Conflict`."""
    before = await administered_resource(agenda, caller, resource_id)
    after = replace(described(before, said), version=before.version + 1)
    if set(after.policy.stewards) - set(before.policy.stewards):
        await refuse_strangers(agenda, after)
    kept = await resource_changed(agenda, before, after)

    async def act(calendar: Calendar, session: Any) -> None:
        await agenda.resources.change(after, session)
        renamed = replace(calendar, title=after.name, time_zone=after.hours.zone)
        told = [calendar_changed(renamed)] if renamed != calendar else []
        if told or kept:
            await agenda.calendars.describe(renamed, session, *told, *kept)

    await agenda.calendars.changing(id_of(resource_id, CALENDAR), act)
    return after


async def delete_resource(agenda: Agenda, caller: Identity, resource_id: str) -> None:
    """Nothing is booked any more from here on; who had booked it is told, by the worker should we be stopped between.
    Raises `NotFound`, `Conflict`."""
    resource = await administered_resource(agenda, caller, resource_id)

    async def act(calendar: Calendar, session: Any) -> None:
        await agenda.resources.give_up(resource, session)
        await agenda.calendars.describe(calendar, session, resource_given_up(resource))

    await agenda.calendars.changing(id_of(resource_id, CALENDAR), act)
    with suppress(Conflict):
        await retire(agenda, resource)
