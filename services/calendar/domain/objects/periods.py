"""Busy time (RFC 4791 §7.10, RFC 5545 §3.6.4): what an object takes of its owner's time, merged over many."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.calendar.domain.objects.facts import ComponentFacts, Facts
from services.calendar.domain.objects.occurrences import Occurrence

BUSY, TENTATIVE, UNAVAILABLE = "BUSY", "BUSY-TENTATIVE", "BUSY-UNAVAILABLE"
# Of two that meet, the first named is told.
_STRENGTH = (BUSY, UNAVAILABLE, TENTATIVE)
_OUT_OF_OFFICE = frozenset({"OOF", UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds since 1970 in UTC."""

    start: int
    end: int
    kind: str = BUSY


def kind_of(component: ComponentFacts, address: str = "") -> str:
    """How an instance of a component takes time: empty where it takes none. `address` is whose time it is: what they
    declined takes none, what they have not answered is tentative."""
    if component.transparent or component.status == "CANCELLED" or component.busy == "FREE":
        return ""
    if component.busy in _OUT_OF_OFFICE:
        return UNAVAILABLE
    answer = next((each.partstat for each in component.attendees if each.address == address), "") if address else ""
    if answer in ("DECLINED", "DELEGATED"):
        return ""
    tentative = component.status == "TENTATIVE" or component.busy == "TENTATIVE"
    return TENTATIVE if tentative or answer in ("TENTATIVE", "NEEDS-ACTION") else BUSY


def periods_of(
    facts: Facts, start: int, end: int, address: str = "", occurrences: Iterable[Occurrence] | None = None
) -> list[Period]:
    """Busy time of an event in a window, cut to it. `occurrences`: those of the window, where it is beyond what the
    facts know."""
    if facts.component != "VEVENT":
        return []
    kinds = [kind_of(component, address) for component in facts.components]
    found = facts.occurrences if occurrences is None else occurrences
    return [
        Period(max(each.start, start), min(each.end, end), kinds[each.component])
        for each in found
        if each.start < end and each.end > start and kinds[each.component]
    ]


def merged(periods: Iterable[Period]) -> list[Period]:
    """In order and without overlaps; where two meet the stronger is told, what touches and is alike is one."""
    edges: list[tuple[int, int, int]] = []
    for period in periods:
        if period.end > period.start:
            strength = _STRENGTH.index(period.kind)
            edges += [(period.start, 1, strength), (period.end, -1, strength)]
    open_ = [0] * len(_STRENGTH)
    found: list[Period] = []
    last = 0
    for at, change, strength in sorted(edges):
        strongest = next((index for index, count in enumerate(open_) if count), None)
        if strongest is not None and at > last:
            _append(found, Period(last, at, _STRENGTH[strongest]))
        open_[strength] += change
        last = at
    return found


def _append(found: list[Period], period: Period) -> None:
    if found and found[-1].end == period.start and found[-1].kind == period.kind:
        found[-1] = Period(found[-1].start, period.end, period.kind)
    else:
        found.append(period)
