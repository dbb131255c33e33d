"""When a resource is taken, and what waits for somebody's word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.objects import ComponentFacts
from services.calendar.domain.objects.buckets import OPEN, window_buckets
from services.calendar.domain.privacy import is_private
from services.calendar.domain.resources.deciding import State
from services.calendar.domain.resources.resource import Resource, Shown
from services.calendar.domain.stored import Stored
from services.calendar.store.resources import Booking
from services.calendar.usecases.book_resource import booking_id_of, spans_of
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.resource_access import seen_resource, standing

LONGEST_WINDOW = timedelta(days=62)
MOST_LISTED, MOST_PENDING = 1000, 500


@dataclass(frozen=True)
class Taken:
    """One time at which a resource is taken, or would be; texts are empty where the caller is not told. Who decides on
    it is told who asks, and of what is private not more."""

    resource_id: str
    id: str
    start: datetime
    end: datetime
    title: str
    organizer: str
    state: State
    recurring: bool
    instances: int
    updated_at: datetime


async def list_bookings(
    agenda: Agenda, caller: Identity, resource_id: str, start: datetime, end: datetime
) -> list[Taken]:
    """By their start. Raises `NotFound`, `InvalidInput`."""
    if not timedelta() < end - start <= LONGEST_WINDOW:
        raise InvalidInput("Not a window", fields={"end": f"after the start, at most {LONGEST_WINDOW.days} days"})
    resource = await seen_resource(agenda, caller, resource_id)
    first, last = int(start.timestamp()), int(end.timestamp())
    buckets = [each for each in window_buckets(first, last) if each != OPEN]
    found: list[Taken] = []
    for stored in await agenda.objects.taking_time([resource.id], buckets):
        spans = spans_of(stored, resource, first, last)
        found += (taken_of(resource, stored, caller, span) for span in spans)
    return sorted(found, key=lambda each: (each.start, each.id))[:MOST_LISTED]


def taken_of(resource: Resource, stored: Stored, caller: Identity, span: tuple[int, int]) -> Taken:
    component = stored.facts.components[0]
    organizer = component.organizer.address if component.organizer is not None else ""
    own = organizer in {caller.address, *caller.aliases}
    stands = standing(resource, caller)
    titled = own or not is_private(component)
    told = own or stands.decides or stands.administers or (titled and resource.policy.shown is Shown.TITLES)
    return Taken(
        resource_id=resource.id,
        id=booking_id_of(stored.uid),
        start=datetime.fromtimestamp(span[0], UTC),
        end=datetime.fromtimestamp(span[1], UTC),
        title=component.summary if told and titled else "",
        organizer=organizer if told else "",
        state=_state(resource, component),
        recurring=stored.facts.recurring,
        instances=len(stored.facts.occurrences),
        updated_at=stored.updated_at,
    )


def _state(resource: Resource, component: ComponentFacts) -> State:
    own = next((each.partstat for each in component.attendees if each.address == resource.address), "")
    return State.TENTATIVE if own == State.TENTATIVE.value else State.ACCEPTED


async def list_pending(agenda: Agenda, caller: Identity) -> list[Taken]:
    """What waits for the caller, the oldest first."""
    resources = {each.id: each for each in await agenda.resources.stewarded(caller.account_id)}
    waiting = await agenda.resources.pending(sorted(resources), MOST_PENDING)
    found = [await pending_of(agenda, resources[each.owner], each, caller) for each in waiting]
    return [each for each in found if each is not None]


async def pending_of(agenda: Agenda, resource: Resource, booking: Booking, caller: Identity) -> Taken | None:
    """By its first instance; None for what was taken back meanwhile."""
    stored: Sequence[Stored] = await agenda.objects.of_owner_with_uid(resource.id, booking.uid)
    occurrences = stored[0].facts.occurrences if stored else ()
    if not stored or not occurrences:
        return None
    first = occurrences[0]
    return taken_of(resource, stored[0], caller, (first.start, first.end))
