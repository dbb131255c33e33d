"""One event whole: its series, or one instance of it."""

from dataclasses import dataclass

from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import TEAM
from services.calendar.domain.instances import recurrence_given
from services.calendar.domain.objects import Attendee, CalendarObject, read_object
from services.calendar.domain.objects.edits import instance_of, override_of
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.zones import Zone
from services.calendar.domain.privacy import hides
from services.calendar.domain.stored import Stored
from services.calendar.domain.structured.described import organizer
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import EVENT, Found, event_at
from services.calendar.usecases.owners import addresses_of
from services.calendar.usecases.read_objects import seen


@dataclass(frozen=True)
class EventRead:
    """`node` is what is shown, of the series or of an instance; `owner` are the addresses of whose calendar it is."""

    stored: Stored
    reached: Reached
    thing: CalendarObject
    series: Series
    node: Node
    recurrence: int | None
    owner: frozenset[str]
    busy_only: bool

    @property
    def organizer(self) -> Attendee | None:
        return organizer(self.node)

    @property
    def organized(self) -> bool:
        """Whether whose calendar it is organises it."""
        return self.organizer is not None and self.organizer.address in self.owner

    @property
    def told_of_delivery(self) -> bool:
        """Whether the caller organises it, or writes in the organiser's name."""
        return self.organized and self.reached.access.role >= Role.WRITE


async def read_event(
    agenda: Agenda, caller: Identity, event_id: str, recurrence_id: str = "", component: str = EVENT
) -> EventRead:
    """Raises `NotFound`, `InvalidInput`."""
    found = await event_at(agenda, caller, event_id, Role.READ, component)
    return await as_read(agenda, caller, found, recurrence_id)


async def as_read(agenda: Agenda, caller: Identity, found: Found, recurrence_id: str = "") -> EventRead:
    """What was found, as the caller may see it. Raises `NotFound` for an instance that is not there."""
    access = found.reached.access
    stored = seen(found.stored, access)
    thing = read_object(stored.content, scheduling=True)
    series = Series(thing, found.calendar.time_zone)
    node, recurrence = thing.nodes[0], None
    if recurrence_id:
        recurrence = recurrence_given(recurrence_id, clock_of_series(series))
        node = override_of(series, instance_of(series, recurrence))
    owners = await addresses_of(agenda, caller, [stored.owner])
    own = owners.get(stored.owner, frozenset())
    organizing = stored.facts.components[0].organizer
    if found.calendar.kind == TEAM and stored.schedule_tag and organizing is not None:
        # The meeting itself, and no copy of somebody who attends.
        own = frozenset({organizing.address})
    return EventRead(stored, found.reached, thing, series, node, recurrence, own, hides(found.stored, access))


def clock_of_series(series: Series) -> Zone:
    """The clock by which whole days of it are meant."""
    return series.span.zone if series.span is not None else series.zones.floating
