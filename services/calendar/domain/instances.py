"""Instances as a calendar shows them: when one takes place, on which clock, and what of it the viewer may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chassis.errors import InvalidInput
from services.calendar.domain.access import Access, Role
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.objects import ComponentFacts, Occurrence
from services.calendar.domain.objects.values import datetime_of, write_moment
from services.calendar.domain.objects.zones import Zone, known_zone, zone_of
from services.calendar.domain.privacy import bare_facts, is_private
from services.calendar.domain.stored import Stored, takes_time

LONGEST_WINDOW = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until before `end`, in seconds UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence of an object. `facts` are those of its component as the viewer may see them; `busy_only` says that
    they are those of a time that is taken, `named` whether the viewer may know which object it is."""

    stored: Stored
    facts: ComponentFacts
    occurrence: Occurrence
    zone: Zone
    busy_only: bool = False
    named: bool = True

    @property
    def recurring(self) -> bool:
        return self.stored.facts.recurring or self.facts.recurrence != 0

    @property
    def recurrence_id(self) -> str:
        """As REST names it: of UTC, or the date where whole days recur."""
        return recurrence_id_of(self.stored, self.occurrence, self.zone) if self.recurring else ""

    @property
    def local_start(self) -> str:
        return local_text(self.zone.local(self.occurrence.start), whole_days=self.facts.all_day)

    @property
    def local_end(self) -> str:
        return local_text(self.zone.local(self.occurrence.end), whole_days=self.facts.all_day)


def window_given(start: datetime, end: datetime) -> Window:
    """Raises `InvalidInput` for one that is no window, or longer than 400 days."""
    if not start < end:
        raise InvalidInput("Not a window", fields={"end": "has to be after the start"})
    if end - start > LONGEST_WINDOW:
        raise InvalidInput("The window is too long", fields={"end": f"at most {LONGEST_WINDOW.days} days after start"})
    return Window(int(start.timestamp()), int(end.timestamp()))


def local_text(local: int, *, whole_days: bool) -> str:
    """Local seconds as REST writes them."""
    moment = datetime_of(local)
    return moment.date().isoformat() if whole_days else moment.isoformat()


def recurrence_id_of(stored: Stored, occurrence: Occurrence, zone: Zone) -> str:
    if stored.facts.components[0].all_day:
        return write_moment(zone.local(occurrence.recurrence), is_date=True)
    return write_moment(occurrence.recurrence, utc=True)


def recurrence_given(text: str, zone: Zone) -> int:
    """The moment that a recurrence id names. Raises `InvalidInput`."""
    for form, shape in (("%Y%m%dT%H%M%SZ", 16), ("%Y%m%d", 8)):
        if len(text) == shape and text.isascii():
            try:
                moment = datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                break
            local = int(moment.timestamp())
            return zone.moment(local) if shape == 8 else local
    raise InvalidInput("Not a recurrence id", fields={"recurrence_id": "20261130T090000Z, or 20261225"})


def shown(stored: Stored, occurrences: Sequence[Occurrence], calendar: Calendar, access: Access) -> Iterator[Instance]:
    """Instances of an object as somebody with this access sees them: whoever may see busy times alone sees of each that
    takes time when it is, and of what is private others see no more."""
    components = stored.facts.components
    named = access.role >= Role.READ
    floating = zone_of(calendar.time_zone)
    made: dict[int, tuple[ComponentFacts, Zone, bool]] = {}
    for occurrence in occurrences:
        at = occurrence.component
        if at not in made:
            facts = components[at]
            secret = not access.sees_private and (is_private(facts) or is_private(components[0]))
            hidden = secret or not named
            made[at] = (bare_facts(facts) if hidden else facts, clock_of(facts, floating), hidden)
        seen, zone, hidden = made[at]
        if named or (takes_time(seen, stored.facts.component) and not calendar.transparent):
            yield Instance(stored, seen, occurrence, zone, hidden, named)


def clock_of(facts: ComponentFacts, floating: Zone) -> Zone:
    """The clock that an event shows its times on; `floating` also where a client defined one that nobody else has."""
    if facts.all_day or facts.floating:
        return floating
    return known_zone(facts.time_zone) or floating
