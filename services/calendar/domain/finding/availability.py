"""Availability as people publish it (VAVAILABILITY, RFC 7953): when they can be met, and what they are otherwise.

Where several overlap, one of a higher priority says all there is to say in its time (§4); of equal ones that with the
stronger BUSYTYPE. Outside of all of them the usual hours hold.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from services.calendar.domain.finding.spans import Span, merged, within, without
from services.calendar.domain.finding.working_hours import HOME, USUAL, Hours, closed_spans
from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.reading import BOUNDS, check_rule
from services.calendar.domain.objects.spans import span_of
from services.calendar.domain.objects.tree import Bounds, Node, clean_text, read_tree, refused
from services.calendar.domain.objects.values import read_moment, read_number
from services.calendar.domain.objects.zones import Zones, zone_of

MOST_COMPONENTS, MOST_AVAILABLE, MOST_INSTANCES, MOST_OCTETS, MOST_DATES = 20, 50, 2000, 256 * 1024, 500
# Of all that one component recurs by.
_STEPS = 30_000


class Busy(IntEnum):
    """BUSYTYPE (RFC 7953 §3.2), the stronger the higher."""

    TENTATIVE = 1
    UNAVAILABLE = 2
    BUSY = 3


_TYPES = {"": Busy.UNAVAILABLE, "BUSY": Busy.BUSY, "BUSY-TENTATIVE": Busy.TENTATIVE}


@dataclass(frozen=True)
class Availability:
    """One VAVAILABILITY. `rank` grows with its say: PRIORITY 1 is 9, 9 is 1, none is 0. `series`: its AVAILABLEs."""

    start: int
    end: int
    rank: int
    busy: Busy
    series: tuple[Series, ...]

    def available(self, start: int, end: int) -> list[Span]:
        """What it says is free, of a window; bounded whatever its rules are."""
        found: list[Span] = []
        for series in self.series:
            expansion = series.expand(start, end, MOST_INSTANCES, _STEPS // len(self.series))
            found += ((each.start, each.end) for each in expansion.found if each.overlaps(start, end))
        return within(merged(found), max(start, self.start), min(end, self.end))


@dataclass(frozen=True)
class PublishedHours:
    """`Hours` of who publishes availability; outside of it those that hold `otherwise`. Days that are closed to
    everybody are closed here too."""

    parts: tuple[Availability, ...]
    otherwise: Hours = USUAL
    zone: str = HOME

    def open(self, start: int, end: int, closed: Collection[date] = ()) -> list[Span]:
        covered = within(merged((part.start, part.end) for part in self.parts), start, end)
        busy = merged((a, b) for a, b, _ in unavailable(self.parts, start, end))
        usual = without(self.otherwise.open(start, end, closed), covered)
        free = without(without(covered, busy), closed_spans(self.zone, start, end, closed))
        return merged([*usual, *free])


def unavailable(parts: Sequence[Availability], start: int, end: int) -> list[tuple[int, int, Busy]]:
    """When availability says that somebody cannot be met, and what is told of it to who asks for busy time (§4)."""
    layers: dict[Busy, list[Span]] = {kind: [] for kind in Busy}
    for part in sorted(parts, key=lambda part: (part.rank, part.busy)):
        span = within([(part.start, part.end)], start, end)
        if not span:
            continue
        layers = {kind: without(spans, span) for kind, spans in layers.items()}
        blocked = without(span, part.available(start, end))
        layers[part.busy] = merged([*layers[part.busy], *blocked])
    return sorted((a, b, kind) for kind, spans in layers.items() for a, b in spans)


def read_availability(octets: bytes, zone: str = HOME) -> tuple[Availability, ...]:
    """The VAVAILABILITYs of a stream; `zone` is that of floating times. Raises `InvalidInput` for what is none."""
    if len(octets) > MOST_OCTETS:
        raise refused(f"availability has over {MOST_OCTETS} octets", "size")
    text = clean_text(octets)
    top = read_tree(text.encode(), Bounds(BOUNDS.lines, BOUNDS.line, 400))
    if len(top) != 1 or top[0].name != "VCALENDAR":
        raise refused("is not one VCALENDAR")
    calendar = top[0]
    nodes = [node for node in calendar.nodes if node.name == "VAVAILABILITY"]
    if not 1 <= len(nodes) <= MOST_COMPONENTS:
        raise refused(f"holds none or over {MOST_COMPONENTS} VAVAILABILITYs", "component")
    defined = tuple(node for node in calendar.nodes if node.name == "VTIMEZONE")
    return tuple(_availability(calendar, node, defined, zone) for node in nodes)


def _availability(calendar: Node, node: Node, defined: tuple[Node, ...], zone: str) -> Availability:
    _check_times(node, required=False)
    span = span_of(node, Zones(defined, zone_of(zone)))
    assert span is not None  # noqa: S101 — a VAVAILABILITY has one without DTSTART too
    inner = [each for each in node.nodes if each.name == "AVAILABLE"]
    if len(inner) > MOST_AVAILABLE:
        raise refused(f"holds over {MOST_AVAILABLE} AVAILABLEs", "size")
    priority = read_number(node.value("PRIORITY"))
    return Availability(
        start=span.begin,
        end=span.end,
        rank=10 - priority if 1 <= priority <= 9 else 0,
        busy=_TYPES.get(node.value("BUSYTYPE").upper(), Busy.UNAVAILABLE),
        series=tuple(Series(thing, zone) for thing in _things(calendar, inner, defined)),
    )


def _things(calendar: Node, inner: Sequence[Node], defined: tuple[Node, ...]) -> list[CalendarObject]:
    """Each AVAILABLE with what overrides instances of it, which has its UID (§3.1)."""
    by_uid: dict[str, list[Node]] = {}
    for at, node in enumerate(inner):
        _check_times(node, required=True)
        by_uid.setdefault(node.text("UID").strip() or f"#{at}", []).append(node)
    found = []
    for uid, nodes in by_uid.items():
        masters = [node for node in nodes if node.first("RECURRENCE-ID") is None]
        if len(masters) > 1:
            raise refused("has the same AVAILABLE twice", "object")
        overrides = tuple(node for node in nodes if node.first("RECURRENCE-ID") is not None)
        master = masters[0] if masters else None
        found.append(CalendarObject(b"", uid, "AVAILABLE", "", calendar, master, overrides, defined))
    return found


def _check_times(node: Node, *, required: bool) -> None:
    """DATE-TIMEs (§3.1), and rules that can be expanded."""
    moments = {}
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        line = node.first(name)
        if line is not None:
            moments[name] = read_moment(line.value, line.param("TZID"))
            if moments[name] is None or moments[name].date:  # type: ignore[union-attr]
                raise refused(f"has a {name} that is no time: {line.value[:40]!r}")
    if required and "DTSTART" not in moments:
        raise refused("has an AVAILABLE without DTSTART")
    for line in node.lines:
        if line.name == "RRULE":
            check_rule(line.value, moments.get("DTSTART"), strict=False)
    if sum(line.value.count(",") + 1 for line in node.lines if line.name in ("RDATE", "EXDATE")) > MOST_DATES:
        raise refused(f"lists over {MOST_DATES} dates", "size")
