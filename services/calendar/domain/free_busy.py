"""When somebody's time is taken (RFC 5545 §3.6.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from services.calendar.domain.finding.spans import merged, within, without
from services.calendar.domain.objects import ComponentFacts, Facts, Occurrence

# As Outlook and others say it in properties of their own.
_OUT_OF_OFFICE = frozenset({"OOF", "BUSY-UNAVAILABLE"})


class Busy(Enum):
    """FBTYPE (RFC 5545 §3.2.9); of two that overlap the first named is told."""

    BUSY = "BUSY"
    UNAVAILABLE = "BUSY-UNAVAILABLE"
    TENTATIVE = "BUSY-TENTATIVE"


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds since 1970 in UTC."""

    start: int
    end: int
    kind: Busy = Busy.BUSY


def taken(facts: Facts, occurrences: Iterable[Occurrence], addresses: frozenset[str]) -> list[Period]:
    """What instances of an object take of the time of whoever has these addresses: nothing, where they are transparent
    or off, or where its owner declined; a tentative time, where nobody said yes yet."""
    kinds = [kind_of(each, facts.component, addresses) for each in facts.components]
    return [Period(each.start, each.end, kind) for each in occurrences if (kind := kinds[each.component]) is not None]


def kind_of(component: ComponentFacts, kind: str, addresses: frozenset[str]) -> Busy | None:
    """None where it takes no time."""
    if kind != "VEVENT" or component.transparent or component.status == "CANCELLED" or component.busy == "FREE":
        return None
    if component.busy in _OUT_OF_OFFICE:
        return Busy.UNAVAILABLE
    own = next((each.partstat for each in component.attendees if each.address in addresses), "ACCEPTED")
    if own in {"DECLINED", "DELEGATED"}:
        return None
    waits = own in {"NEEDS-ACTION", "TENTATIVE"} or "TENTATIVE" in (component.status, component.busy)
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
