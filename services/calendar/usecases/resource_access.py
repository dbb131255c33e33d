"""Who may do what with a room or equipment. Nobody writes into its calendar but the booking of it."""

from dataclasses import dataclass

from chassis.errors import NotFound
from chassis.identity import Identity
from services.calendar.domain.access import NOBODY, Access, Role
from services.calendar.domain.resources.resource import PREFIX, Resource, Shown
from services.calendar.store.resources import NO_RESOURCE
from services.calendar.usecases.context import Agenda


@dataclass(frozen=True)
class Standing:
    """What somebody is to a resource."""

    books: bool = False
    decides: bool = False
    administers: bool = False

    @property
    def sees(self) -> bool:
        return self.books or self.decides or self.administers


def standing(resource: Resource, caller: Identity) -> Standing:
    decides = caller.account_id in resource.policy.stewards
    return Standing(
        books=decides or resource.bookable_by(caller.unit_path),
        decides=decides,
        administers=caller.administers(resource.unit_path),
    )


async def seen_resource(agenda: Agenda, caller: Identity, named: str) -> Resource:
    """By its id or its address. Raises `NotFound` also for what the caller may neither book nor administer."""
    if named.startswith(PREFIX):
        found = await agenda.resources.find(named)
        found = found if found is not None and standing(found, caller).sees else None
    else:
        found = await resource_at(agenda, caller, named)
    if found is None:
        raise NotFound(NO_RESOURCE)
    return found


async def resource_at(agenda: Agenda, caller: Identity, address: str) -> Resource | None:
    """None also for what the caller may neither book nor administer."""
    found = next(iter(await agenda.resources.by_addresses([address])), None)
    return found if found is not None and standing(found, caller).sees else None


async def administered_resource(agenda: Agenda, caller: Identity, resource_id: str) -> Resource:
    """Raises `NotFound`: what somebody does not administer is not there to be changed."""
    found = await agenda.resources.find(resource_id)
    if found is None or not caller.administers(found.unit_path):
        raise NotFound(NO_RESOURCE)
    return found


async def resource_calendar_access(agenda: Agenda, resource_id: str, caller: Identity) -> Access:
    """What its calendar shows: what is not private to who decides on it, to who may book it by its policy."""
    resource = await agenda.resources.find(resource_id)
    if resource is None:
        return NOBODY
    stands = standing(resource, caller)
    if stands.decides or stands.administers:
        return Access(Role.READ)
    if not stands.books:
        return NOBODY
    return Access(Role.READ if resource.policy.shown is Shown.TITLES else Role.FREE_BUSY)
