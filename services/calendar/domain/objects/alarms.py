"""VALARMs (RFC 5545 §3.6.6, RFC 9074): what they do, and when for an instance."""

from dataclasses import dataclass

from services.calendar.domain.objects.lines import Line
from services.calendar.domain.objects.occurrences import Occurrence
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, read_duration, read_moment, read_number

MAX_REPEATS = 20


@dataclass(frozen=True)
class AlarmFacts:
    """`offset` seconds from the start (or, `from_end`, the end) of each instance; `at` is an absolute moment instead.
    `repeat` more times, `every` seconds apart. `acknowledged` up to a moment, 0 for never. `component` is whose."""

    component: int
    action: str
    uid: str = ""
    offset: int = 0
    from_end: bool = False
    at: int | None = None
    repeat: int = 0
    every: int = 0
    acknowledged: int = 0

    def due(self, occurrence: Occurrence) -> tuple[int, ...]:
        """When it is due for an instance of its component, repeats among them."""
        base = occurrence.end if self.from_end else occurrence.start
        first = base + self.offset if self.at is None else self.at
        return tuple(first + each * self.every for each in range(self.repeat + 1))


def alarms_of(node: Node, component: int) -> tuple[AlarmFacts, ...]:
    """Those whose trigger can be read."""
    # Thunderbird says once for all alarms of a component up to when somebody is done with them.
    seen = _moment(node, "X-MOZ-LASTACK")
    found = (_alarm_of(each, component, seen) for each in node.nodes if each.name == "VALARM")
    return tuple(alarm for alarm in found if alarm is not None)


def _alarm_of(node: Node, component: int, seen: int) -> AlarmFacts | None:
    trigger = node.first("TRIGGER")
    if trigger is None:
        return None
    offset, at = _trigger(trigger)
    if offset is None and at is None:
        return None
    every = read_duration(node.value("DURATION"))
    repeats = every is not None and every.total > 0
    return AlarmFacts(
        component=component,
        action=node.value("ACTION").upper()[:40] or "DISPLAY",
        uid=(node.text("UID") or node.text("X-WR-ALARMUID"))[:255],
        offset=offset or 0,
        from_end=trigger.param("RELATED").upper() == "END",
        at=at,
        repeat=min(max(read_number(node.value("REPEAT")), 0), MAX_REPEATS) if repeats else 0,
        every=every.total if repeats and every is not None else 0,
        acknowledged=max(_moment(node, "ACKNOWLEDGED"), seen),
    )


def _moment(node: Node, name: str) -> int:
    moment = read_moment(node.value(name))
    return moment.local if moment is not None else 0


def _trigger(line: Line) -> tuple[int | None, int | None]:
    if line.param("VALUE").upper() == "DATE-TIME":
        moment = read_moment(line.value)
        return None, moment.local if moment is not None else None
    length = read_duration(line.value)
    if length is not None:
        return length.days * DAY + length.seconds, None
    moment = read_moment(line.value)
    return None, moment.local if moment is not None and moment.utc else None
