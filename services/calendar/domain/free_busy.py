"""When somebody's time is taken (RFC 5545 §3.6.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from services.calendar.domain.finding.spans import merged, within, without
from services.calendar.domain.objects import ComponentFacts, Occurrence
from services.calendar.domain.stored import Stored


class Busy(Enum):
    """FBTYPE (RFC 5545 §3.2.9)."""

    BUSY = "BUSY"
    TENTATIVE = "BUSY-TENTATIVE"
    UNAVAILABLE = "BUSY-UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds since 1970 in UTC."""

    start: int
    end: int
    kind: Busy = Busy.BUSY


def taken(stored: Stored, occurrences: Iterable[Occurrence], addresses: frozenset[str]) -> list[Period]:
    """What instances of an object take of the time of whoever has these addresses: nothing, where they are transparent
    or off, or where its owner declined; a tentative time, where nobody said yes yet."""
    kinds = [kind_of(each, stored.facts.component, addresses) for each in stored.facts.components]
    return [Period(each.start, each.end, kind) for each in occurrences if (kind := kinds[each.component]) is not None]


def kind_of(component: ComponentFacts, kind: str, addresses: frozenset[str]) -> Busy | None:
    """None where it takes no time."""
    if kind != "VEVENT" or component.transparent or component.status == "CANCELLED":
        return None
    own = next((each.partstat for each in component.attendees if each.address in addresses), "ACCEPTED")
    if own == "DECLINED":
        return None
    waits = own in {"NEEDS-ACTION", "TENTATIVE"} or component.status == "TENTATIVE"
    return Busy.TENTATIVE if waits else Busy.BUSY


def joined(periods: Iterable[Period], start: int, end: int) -> list[Period]:
    """Sorted, within a window; of two that overlap the firmer counts."""
    by_kind: dict[Busy, list[tuple[int, int]]] = {kind: [] for kind in Busy}
    for each in periods:
        by_kind[each.kind].append((each.start, each.end))
    found: list[Period] = []
    firmer: Sequence[tuple[int, int]] = ()
    for kind in Busy:
        spans = without(within(merged(by_kind[kind]), start, end), list(firmer))
        found += [Period(a, b, kind) for a, b in spans]
        firmer = merged([*firmer, *spans])
    return sorted(found, key=lambda each: each.start)
