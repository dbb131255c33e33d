"""Changes that a person asks for: of one instance, of one and those after it, of all; and the same of deletions.

Times stay in the zone that the event has. DTSTAMP and LAST-MODIFIED are of the change; SEQUENCE is raised where RFC
5546 §2.1.4 asks for it: when it takes place, or whether.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.errors import InvalidInput, NotFound
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.moving import Move, move_of, moved_rule
from services.calendar.domain.objects.occurrences import Occurrence, Series
from services.calendar.domain.objects.reading import CalendarObject, read_object
from services.calendar.domain.objects.spans import Span, span_of
from services.calendar.domain.objects.splitting import like, split
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import local_of, read_moment, read_number, write_moment
from services.calendar.domain.objects.writing import with_components

_OF_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
_SIGNIFICANT = ("DTSTART", "DTEND", "DUE", "DURATION", "STATUS", *_OF_SERIES)
_TIMES = ("DTSTART", "DTEND", "DUE", "DURATION")
_OWN = ("UID", "RECURRENCE-ID", "DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED")


@dataclass(frozen=True)
class Edit:
    """`put`: lines that stand instead of all of their name; `drop`: names that go; `alarms`: all VALARMs anew, None to
    keep them. What tells the object from others (UID, SEQUENCE, …) is not a client's to put."""

    put: tuple[Line, ...] = ()
    drop: tuple[str, ...] = ()
    alarms: tuple[Node, ...] | None = None

    def __post_init__(self) -> None:
        if {line.name for line in self.put} & {"BEGIN", "END"}:
            raise InvalidInput("That is no property", fields={"calendar": "begins or ends a component"})
        if {line.name for line in self.put} & set(_OWN) or set(self.drop) & {*_OWN, "DTSTART"}:
            raise InvalidInput("That is not to be changed", fields={"calendar": "is kept by the server"})

    def on(self, node: Node) -> Node:
        """The component as it is after the change."""
        changed = node.copy()
        changed.drop(*self.drop)
        for name in dict.fromkeys(line.name for line in self.put):
            lines = [line for line in self.put if line.name == name]
            changed.put(lines[0])
            changed.lines += lines[1:]
        # Of two that say the same in two ways, the one put stands (RFC 5545 §3.6.1).
        names = {line.name for line in self.put}
        if names & {"DTEND", "DUE"}:
            changed.drop("DURATION")
        elif "DURATION" in names:
            changed.drop("DTEND", "DUE")
        if self.alarms is not None:
            changed.nodes = [each for each in changed.nodes if each.name != "VALARM"] + list(self.alarms)
        return changed


@dataclass(frozen=True)
class Split:
    """`before` is the old object, None where nothing is left of it; `after` has a UID of its own, unless so.
    `unchanged` is what `after` was made of."""

    before: bytes | None
    after: bytes
    unchanged: bytes = b""


def change_all(thing: CalendarObject, edit: Edit, zone: str, now: datetime) -> bytes:
    """The whole object. Overrides follow in what they had in common with the series, and move where it moves; those
    whose instance is no more go. Raises `InvalidInput`."""
    master = _master(thing)
    series = Series(thing, zone)
    changed = edit.on(master)
    move = move_of(series, master, changed)
    if move is not None:
        names = {line.name for line in edit.put}
        changed.lines = [_along(line, move) if line.name not in names else line for line in changed.lines]
    changed = stamped(master, changed, now)
    overrides = [_follow(node, master, changed, edit, move, now, series) for node in thing.override_nodes]
    written = with_components(thing, [changed, *overrides])
    return _without_strays(read_object(written), zone) if overrides else _checked(written)


def _along(line: Line, move: Move) -> Line:
    if line.name == "RRULE":
        return made("RRULE", moved_rule(line.value, move))
    return move.dates(line) if line.name in ("RDATE", "EXDATE") else line


def _follow(
    node: Node, master: Node, changed: Node, edit: Edit, move: Move | None, now: datetime, series: Series
) -> Node:
    names = {line.name for line in edit.put} | set(edit.drop)
    alike = {name for name in names if _raw(node, name) == _raw(master, name)} - {*_OF_SERIES, *_TIMES}
    followed = Edit(
        tuple(line for line in edit.put if line.name in alike),
        tuple(name for name in edit.drop if name in alike),
        edit.alarms if _alarms(node) == _alarms(master) else None,
    ).on(node)
    recurrence, span = series.recurrence_of(node), span_of(node, series.zones)
    line = followed.first("RECURRENCE-ID")
    if recurrence is not None and line is not None and move is not None:
        named = move.line("RECURRENCE-ID", recurrence)
        if line.param("RANGE"):
            named = made(named.name, named.value, {**named.params, "RANGE": line.param("RANGE")})
        followed.put(named)
    if span is not None and recurrence == span.begin and _when(node, span) == _when(master, series.span):
        _place(followed, changed, recurrence, move)
    return stamped(node, followed, now)


def _when(node: Node, span: Span | None) -> tuple[str, int, int] | None:
    """What says how an instance lies in time, apart from the day."""
    start = node.first("DTSTART")
    if span is None or start is None:
        return None
    return start.param("TZID"), span.length.days, span.length.seconds


def _place(node: Node, master: Node, recurrence: int, move: Move | None) -> None:
    """An override that had kept the time of the series, where the series has it now."""
    start, was = master.first("DTSTART"), node.first("DTSTART")
    moment = read_moment(start.value) if start is not None else None
    own = read_moment(was.value) if was is not None else None
    if start is None or moment is None or own is None:
        return
    local = own.local if move is None else move.local(recurrence)
    node.put(like(start, "DTSTART", local))
    node.drop("DTEND", "DUE", "DURATION")
    for line in master.lines:
        if line.name == "DURATION":
            node.lines.append(line)
        elif line.name in ("DTEND", "DUE"):
            end = read_moment(line.value)
            if end is not None:
                node.lines.append(like(line, line.name, local + end.local - moment.local))


def _raw(node: Node, name: str) -> list[str]:
    return [line.raw for line in node.every(name)]


def _alarms(node: Node) -> list[bytes]:
    return [each.octets() for each in node.nodes if each.name == "VALARM"]


def _without_strays(thing: CalendarObject, zone: str) -> bytes:
    """Without overrides of instances that the series does not have."""
    series = Series(thing, zone)
    named = {node: series.recurrence_of(node) for node in thing.override_nodes}
    there = series.having({each for each in named.values() if each is not None}) if series.recurring else set()
    kept = [node for node, recurrence in named.items() if recurrence in there]
    if len(kept) == len(thing.override_nodes):
        return thing.octets
    return _checked(with_components(thing, [_master(thing), *kept]))


def change_one(thing: CalendarObject, recurrence: int, edit: Edit, zone: str, now: datetime) -> bytes:
    """One instance, by its RECURRENCE-ID in seconds UTC: its override is changed, or made. Raises `NotFound` for an
    instance that is not there, `InvalidInput`."""
    series = Series(thing, zone)
    if not series.recurring and not thing.override_nodes:
        return change_all(thing, edit, zone, now)
    if {line.name for line in edit.put} & set(_OF_SERIES):
        raise InvalidInput("One instance does not recur", fields={"calendar": "changes the rule of one instance"})
    at = instance_of(series, recurrence)
    base = override_of(series, at)
    there = thing.nodes[at.component]
    changed = stamped(base, edit.on(base), now)
    if series.recurrence_of(there) == recurrence:
        line = there.first("RECURRENCE-ID")
        if line is not None:
            changed.put(line)
        nodes = [changed if node is there else node for node in thing.nodes]
    else:
        nodes = [*thing.nodes, changed]
    return _checked(with_components(thing, nodes), scheduling=thing.master_node is None)


def instance_of(series: Series, recurrence: int) -> Occurrence:
    """Raises `NotFound`."""
    found = series.instance(recurrence)
    if found is None:
        raise NotFound("There is no such instance", fields={"recurrence_id": "names none of its instances"})
    return found


def override_of(series: Series, at: Occurrence) -> Node:
    """One instance as a component of its own, as it is now (RFC 5545 §3.8.4.4)."""
    node = series.nodes[at.component]
    if series.recurrence_of(node) == at.recurrence:
        return node
    start = node.first("DTSTART")
    origin = series.master.first("DTSTART") if series.master is not None else None
    span = span_of(node, series.zones)
    if start is None or origin is None or span is None or series.span is None:
        raise NotFound("There is no such instance", fields={"recurrence_id": "names none of its instances"})
    override = node.without(*_OF_SERIES, "RECURRENCE-ID").copy()
    override.put(like(start, "DTSTART", span.zone.local(at.start)))
    for name in ("DTEND", "DUE"):
        end = override.first(name)
        if end is not None:
            clock = span.zone if end.param("TZID") == start.param("TZID") else series.clock(end)
            override.put(like(end, name, clock.local(at.end)))
    override.put(like(origin, "RECURRENCE-ID", series.span.zone.local(at.recurrence)))
    return override


def change_following(thing: CalendarObject, recurrence: int, edit: Edit, zone: str, now: datetime, uid: str) -> Split:
    """One instance and those after it: the series ends before it, and another one of the UID `uid` begins, which says
    whence it comes (RELATED-TO). Raises `NotFound`, `InvalidInput`."""
    series = Series(thing, zone)
    instance_of(series, recurrence)
    parts = split(series, thing, recurrence, uid)
    if parts is None:
        return Split(None, change_all(thing, edit, zone, now))
    before, after = parts
    first = stamped(_master(thing), before[0], now)
    old = _checked(with_components(thing, [first, *before[1:]]))
    new = _checked(with_components(thing, after))
    at = series.ranged(recurrence)
    if at is not None:
        new = change_all(read_object(new), _becoming(after[0], override_of(series, at)), zone, now)
    return Split(old, change_all(read_object(new), edit, zone, now), new)


def _becoming(node: Node, other: Node) -> Edit:
    """What makes a series of one that is as another component says: that which an earlier range had made of it."""
    kept = {*_OWN, *_OF_SERIES}
    named = {line.name for line in other.lines}
    return Edit(
        tuple(line for line in other.lines if line.name not in kept),
        tuple({line.name for line in node.lines} - named - kept - {"RELATED-TO"}),
        tuple(each for each in other.nodes if each.name == "VALARM"),
    )


def delete_one(thing: CalendarObject, recurrence: int, zone: str, now: datetime) -> bytes | None:
    """The object without one instance; None where nothing is left of it. Raises `NotFound`."""
    series = Series(thing, zone)
    at = instance_of(series, recurrence)
    if not series.recurring and not thing.override_nodes:
        return None
    kept = [node for node in thing.override_nodes if series.recurrence_of(node) != at.recurrence]
    master = thing.master_node
    if master is None:
        return _checked(with_components(thing, kept), scheduling=True) if kept else None
    changed = master.copy()
    origin = master.first("DTSTART")
    if origin is not None and series.span is not None:
        line = like(origin, "EXDATE", series.span.zone.local(at.recurrence))
        changed.lines.append(line)
    return _unless_empty(with_components(thing, [stamped(master, changed, now), *kept]), zone)


def delete_following(thing: CalendarObject, recurrence: int, zone: str, now: datetime) -> bytes | None:
    """The object without an instance and those after it; None where nothing is left. Raises `NotFound`."""
    series = Series(thing, zone)
    instance_of(series, recurrence)
    parts = split(series, thing, recurrence, "cut")
    if parts is None:
        return None
    before = parts[0]
    first = stamped(_master(thing), before[0], now)
    return _unless_empty(with_components(thing, [first, *before[1:]]), zone)


def _unless_empty(octets: bytes, zone: str) -> bytes | None:
    thing = read_object(octets)
    return octets if Series(thing, zone).any() else None


def stamped(before: Node, after: Node, now: datetime) -> Node:
    """With the stamps of a change, and a higher SEQUENCE where one of the properties changed that say when or whether
    it takes place."""
    changed = after.copy()
    moment = write_moment(local_of(now.astimezone(UTC)), utc=True)
    changed.put(made("DTSTAMP", moment))
    changed.put(made("LAST-MODIFIED", moment))
    sequence = max(read_number(before.value("SEQUENCE")), 0)
    if any(_values(before, name) != _values(after, name) for name in _SIGNIFICANT):
        changed.put(made("SEQUENCE", str(sequence + 1)))
    return changed


def _values(node: Node, name: str) -> list[tuple[str, str]]:
    return [(line.param("TZID"), line.value) for line in node.every(name)]


def _master(thing: CalendarObject) -> Node:
    if thing.master_node is None:
        raise InvalidInput("Only instances of it are here", fields={"calendar": "has no series"})
    return thing.master_node


def _checked(octets: bytes, *, scheduling: bool = False) -> bytes:
    """What we write is read as strictly as what others do."""
    return read_object(octets, scheduling=scheduling).octets
