"""When one component is, without what makes it recur: begin, end and length (RFC 5545 §3.6, RFC 4791 §9.9)."""

from dataclasses import dataclass

from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, EARLIEST, LATEST, Length, Moment, read_duration, read_moment
from services.calendar.domain.objects.zones import UTC_ZONE, Zone, Zones


@dataclass(frozen=True)
class Span:
    """When one component is by itself. `length` is that of each instance; `exact` where DURATION says it in seconds,
    otherwise days are of the clock."""

    start: Moment | None
    zone: Zone
    local: int
    begin: int
    end: int
    length: Length


def span_of(node: Node, zones: Zones) -> Span | None:
    """Begin and end as the properties of a component say (RFC 5545 §3.6.1, §3.6.2; RFC 4791 §9.9); None for what has
    no time at all."""
    line = node.first("DTSTART")
    start = read_moment(line.value, line.param("TZID")) if line is not None else None
    if start is None:
        return _without_start(node, zones)
    zone = clock_of(start, zones)
    begin = zone.moment(start.local)
    end, length = _end_of(node, start, zone, begin, zones)
    return Span(start, zone, start.local, begin, max(begin, end), length)


def clock_of(moment: Moment, zones: Zones) -> Zone:
    return UTC_ZONE if moment.utc else zones.of(moment.tzid)


def moment_of(node: Node, name: str, zones: Zones) -> int | None:
    """A property that is a moment, in seconds UTC."""
    line = node.first(name)
    if line is None:
        return None
    moment = read_moment(line.value, line.param("TZID"))
    return None if moment is None else clock_of(moment, zones).moment(moment.local)


def _end_of(node: Node, start: Moment, zone: Zone, begin: int, zones: Zones) -> tuple[int, Length]:
    for name in ("DTEND", "DUE"):
        line = node.first(name)
        end = read_moment(line.value, line.param("TZID")) if line is not None else None
        if end is not None:
            if start.date:
                # A day that ends on itself is a whole one, whatever a client wrote.
                days = max((end.local - start.local) // DAY, 0 if node.name == "VTODO" else 1)
                return zone.moment(start.local + days * DAY), Length(days=days)
            moment = max(clock_of(end, zones).moment(end.local), begin)
            return moment, Length(seconds=moment - begin)
    duration = read_duration(node.value("DURATION"))
    if duration is not None:
        length = duration if duration.total > 0 else Length()
        return ended(start.local, zone, length), length
    if start.date and node.name != "VTODO":
        return zone.moment(start.local + DAY), Length(days=1)
    if node.name == "VAVAILABILITY":
        return LATEST, Length(seconds=LATEST - begin)
    return begin, Length()


def ended(local: int, zone: Zone, length: Length) -> int:
    """Days go by the clock, seconds by what passes (RFC 5545 §3.3.6)."""
    return min(zone.moment(local + length.days * DAY) + length.seconds, LATEST)


def _without_start(node: Node, zones: Zones) -> Span | None:
    """Tasks that say when they are due, or only when they were made or done; availability without begin."""
    if node.name in ("VAVAILABILITY", "VFREEBUSY"):
        end = moment_of(node, "DTEND", zones)
        return Span(None, UTC_ZONE, EARLIEST, EARLIEST, LATEST if end is None else end, Length())
    if node.name != "VTODO":
        return None
    due = moment_of(node, "DUE", zones)
    if due is not None:
        return Span(None, UTC_ZONE, due, due, due, Length())
    made, done = moment_of(node, "CREATED", zones), moment_of(node, "COMPLETED", zones)
    if done is not None:
        begin = done if made is None else min(made, done)
        return Span(None, UTC_ZONE, begin, begin, max(done, begin), Length())
    begin = EARLIEST if made is None else made
    return Span(None, UTC_ZONE, begin, begin, LATEST, Length())
