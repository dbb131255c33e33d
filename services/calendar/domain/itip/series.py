"""A scheduled object as iTIP looks at it: a component and what is said of instances of it, each with its version.

The key of an instance is the moment that its RECURRENCE-ID names, however it is written.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile

from services.calendar.domain.itip.people import organizer_of
from services.calendar.domain.objects.definitions import time_zone
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.reading import CalendarObject, read_object
from services.calendar.domain.objects.recurrence import Steps, locals_of
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import (
    DAY,
    Moment,
    read_duration,
    read_moment,
    read_number,
    write_moment,
)
from services.calendar.domain.objects.writing import by_tzid, serialise, tzids_of
from services.calendar.domain.objects.zones import known_zone

# Of `UTC`, `DATE`, `LOCAL` or a zone that nobody knows, and seconds.
Key = tuple[str, int]
# SEQUENCE, then DTSTAMP in seconds (RFC 5546 §2.1.5).
Version = tuple[int, int]
_MOST_STEPS = 200_000


def moment_of(line: Line) -> Moment | None:
    return read_moment(line.value, line.param("TZID"))


def clock_params(line: Line) -> dict[str, tuple[str, ...]]:
    """The parameters that say by which clock a moment is, and whether it is a date."""
    return {name: values for name, values in line.params.items() if name in ("TZID", "VALUE")}


def key_of(moment: Moment) -> Key:
    if moment.date:
        return "DATE", moment.local
    if moment.utc:
        return "UTC", moment.local
    if not moment.tzid:
        return "LOCAL", moment.local
    zone = known_zone(moment.tzid)
    return (moment.tzid, moment.local) if zone is None else ("UTC", zone.moment(moment.local))


def keys_in(line: Line) -> list[Key]:
    """Of the moments in a list (EXDATE, RDATE); of periods, where they begin."""
    found = (read_moment(each.split("/", 1)[0], line.param("TZID")) for each in line.value.split(","))
    return [key_of(moment) for moment in found if moment is not None]


def recurrence_key(node: Node) -> Key | None:
    line = node.first("RECURRENCE-ID")
    moment = moment_of(line) if line is not None else None
    return key_of(moment) if moment is not None else None


def is_range(node: Node) -> bool:
    line = node.first("RECURRENCE-ID")
    return line is not None and line.param("RANGE").upper() == "THISANDFUTURE"


def sequence_of(node: Node) -> int:
    return max(0, read_number(node.value("SEQUENCE")))


def stamp_of(node: Node) -> int:
    moment = read_moment(node.value("DTSTAMP"))
    return moment.local if moment is not None else 0


def version_of(node: Node) -> Version:
    return sequence_of(node), stamp_of(node)


def stamped(node: Node, sequence: int, stamp: int) -> Node:
    node.put(made("DTSTAMP", write_moment(stamp, utc=True)))
    node.put(made("SEQUENCE", str(sequence)))
    return node


def cancelled(node: Node) -> bool:
    return node.value("STATUS").upper() == "CANCELLED"


def seconds_of(now: datetime) -> int:
    return int(now.astimezone(UTC).timestamp())


@dataclass
class Series:
    """`master` is None in what somebody has who was invited to some instances only. Lines are shared, nodes are not."""

    uid: str
    component: str
    master: Node | None = None
    overrides: dict[Key, Node] = field(default_factory=dict)
    zones: list[Node] = field(default_factory=list)
    # What it was read from, which knows what else stands there.
    origin: CalendarObject | None = None

    def nodes(self) -> Iterator[Node]:
        if self.master is not None:
            yield self.master
        yield from self.overrides.values()

    def parts(self) -> Iterator[tuple[Key | None, Node]]:
        """The components by what they are about: None for the whole."""
        if self.master is not None:
            yield None, self.master
        yield from self.overrides.items()

    def put(self, key: Key | None, node: Node) -> None:
        if key is None:
            self.master = node
        else:
            self.overrides[key] = node

    def copy(self) -> "Series":
        return Series(
            self.uid,
            self.component,
            self.master.copy() if self.master is not None else None,
            {key: node.copy() for key, node in self.overrides.items()},
            list(self.zones),
            self.origin,
        )

    @property
    def organizer(self) -> str:
        return next((found for node in self.nodes() if (found := organizer_of(node))), "")

    @property
    def summary(self) -> str:
        return next((node.text("SUMMARY") for node in self.nodes()), "")

    @property
    def sequence(self) -> int:
        return max((sequence_of(node) for node in self.nodes()), default=0)

    @property
    def stamp(self) -> int:
        return max((stamp_of(node) for node in self.nodes()), default=0)

    def at(self, key: Key | None) -> Node | None:
        return self.master if key is None else self.overrides.get(key)

    def onward(self, key: Key, recurrence_id: Line) -> Node | None:
        """An instance as the THISANDFUTURE of an earlier one has it (RFC 5545 §3.2.13); None where none does."""
        reaching = [
            each for each, node in self.overrides.items() if is_range(node) and each[0] == key[0] and each < key
        ]
        since = max(reaching, default=None)
        return instance(self.overrides[since], key, recurrence_id, since) if since is not None else None

    def instance(self, key: Key, recurrence_id: Line) -> Node | None:
        """One that no component is about, as what it is part of has it; None where the whole is not there."""
        ranged = self.onward(key, recurrence_id)
        if ranged is not None or self.master is None:
            return ranged
        return instance(self.master, key, recurrence_id)

    def octets(self, method: str = "") -> bytes:
        """As an iCalendar object, with the zones that it uses."""
        if method or self.origin is None:
            return serialise(*self.nodes(), method=method, zones=by_tzid(self.zones))
        origin = self.origin
        others = [node for node in origin.calendar.nodes if node.name != "VTIMEZONE" and node not in origin.nodes]
        zones = by_tzid(self.zones)
        named = dict.fromkeys(tzid for node in self.nodes() for tzid in tzids_of(node))
        defined = [zone for tzid in named if (zone := zones.get(tzid) or time_zone(tzid)) is not None]
        head = [line for line in origin.calendar.lines if line.name != "METHOD"]
        return Node("VCALENDAR", head, [*defined, *others, *self.nodes()]).octets()


def series_of(given: CalendarObject) -> Series:
    """Of a stored object or a message; changing it changes nothing of `given`."""
    overrides = {key: node.copy() for node in given.override_nodes if (key := recurrence_key(node)) is not None}
    master = given.master_node.copy() if given.master_node is not None else None
    return Series(given.uid, given.component, master, overrides, list(given.zone_nodes), given)


def object_of(series: Series) -> CalendarObject:
    return read_object(series.octets(), scheduling=True)


def occurs(master: Node, key: Key) -> bool:
    return key in occurring(master, {key})


def occurring(master: Node, keys: Collection[Key]) -> set[Key]:
    """Which instances are of a series, by its rules alone: what EXDATE takes away was one. Of many by one expansion."""
    line = master.first("DTSTART")
    start = moment_of(line) if line is not None else None
    if start is None:
        return set()
    listed = {key for each in master.every("RDATE") for key in keys_in(each)}
    found = {key for key in keys if key == key_of(start) or key in listed}
    sought = {_on_clock(key, start): key for key in keys if key[0] == key_of(start)[0] and key not in found}
    for each in master.every("RRULE"):
        if sought:
            found.update(sought[local] for local in _given(each.value, start, min(sought), max(sought)) & sought.keys())
    return found


def _given(text: str, start: Moment, first: int, last: int) -> set[int]:
    """The local times that a rule gives from a first to a last."""
    rule = read_rule(text)
    if isinstance(rule, str):
        return set()
    given = takewhile(lambda local: local <= last, locals_of(rule, start.local, Steps(_MOST_STEPS), first - DAY))
    return {local for local in given if local >= first and not _is_past(rule, local, start)}


def _is_past(rule: Rule, local: int, start: Moment) -> bool:
    """Whether UNTIL is before; a date lets its whole day in."""
    if rule.until is None:
        return False
    return rule.until.local < (_moment_at(local, start) if rule.until.utc else local // DAY * DAY)


def _goes_on(text: str, start: Moment, key: Key) -> bool:
    """Whether a rule gives anything at `key`, or after it."""
    rule, wanted = read_rule(text), _on_clock(key, start)
    if isinstance(rule, str) or _is_past(rule, wanted, start):
        return False
    return any(local >= wanted for local in locals_of(rule, start.local, Steps(_MOST_STEPS), wanted - DAY))


def cut_before(master: Node, key: Key) -> None:
    """Ends a series before an instance: what RANGE=THISANDFUTURE of a cancellation means."""
    line = master.first("DTSTART")
    start = moment_of(line) if line is not None else None
    if start is None:
        return
    kind = key[0]
    last = write_moment(key[1] - (DAY if kind == "DATE" else 1), is_date=kind == "DATE", utc=kind == "UTC")
    rules: list[Line] = []
    for each in master.every("RRULE"):
        if not _goes_on(each.value, start, key):
            rules.append(each)
            continue
        parts = [part for part in each.value.split(";") if part[:6].upper() not in ("COUNT=", "UNTIL=")]
        rules.append(made("RRULE", ";".join([*parts, f"UNTIL={last}"])))
    later = {each for line in master.every("RDATE") for each in keys_in(line) if each[0] == kind and each[1] >= key[1]}
    _without(master, "RDATE", later)
    master.lines = [each for each in master.lines if each.name != "RRULE"] + rules


def exdates(node: Node) -> set[Key]:
    return {key for line in node.every("EXDATE") for key in keys_in(line)}


def without_exdates(node: Node, keys: set[Key]) -> None:
    """Takes moments out of the EXDATEs of a component."""
    _without(node, "EXDATE", keys)


def _without(node: Node, name: str, keys: set[Key]) -> None:
    kept: list[Line] = []
    for line in node.lines:
        if line.name != name or not keys.intersection(keys_in(line)):
            kept.append(line)
            continue
        values = [each for each in line.value.split(",") if not keys.intersection(_keys(each, line))]
        if values:
            kept.append(made(name, ",".join(values), dict(line.params)))
    node.lines = kept


def _keys(value: str, line: Line) -> list[Key]:
    moment = read_moment(value.split("/", 1)[0], line.param("TZID"))
    return [key_of(moment)] if moment is not None else []


def exclude(master: Node, overrides: Iterable[Node]) -> None:
    """Adds the instances of overrides to the EXDATEs of their master."""
    there = exdates(master)
    lines = [line for node in overrides for line in node.every("RECURRENCE-ID") if there.isdisjoint(keys_in(line))]
    master.lines += [made("EXDATE", line.value.strip(), clock_params(line)) for line in lines]


def excluded(master: Node) -> dict[Key, Line]:
    """The moments of its EXDATEs, each as a RECURRENCE-ID."""
    found: dict[Key, Line] = {}
    for line in master.every("EXDATE"):
        for value in line.value.split(","):
            one = made("RECURRENCE-ID", value, clock_params(line))
            found |= dict.fromkeys(keys_in(one), one)
    return found


def end_of(node: Node) -> tuple[str, int]:
    """When a component ends (or a task is due), by the clock of what says it; empty where nothing does."""
    for name in ("DTEND", "DUE"):
        line = node.first(name)
        moment = moment_of(line) if line is not None else None
        if moment is not None:
            return key_of(moment)
    line = node.first("DTSTART")
    start = moment_of(line) if line is not None else None
    if start is None:
        return "", 0
    length = read_duration(node.value("DURATION"))
    if length is not None:
        return key_of(Moment(start.local + length.total, date=start.date, utc=start.utc, tzid=start.tzid))
    return key_of(Moment(start.local + DAY, date=True) if start.date else start)


def length_of(node: Node) -> int:
    """Seconds from start to end."""
    line = node.first("DTSTART")
    start = moment_of(line) if line is not None else None
    ends = end_of(node)
    return ends[1] - key_of(start)[1] if start is not None and ends[0] else 0


def start_key(node: Node) -> Key | None:
    line = node.first("DTSTART")
    moment = moment_of(line) if line is not None else None
    return key_of(moment) if moment is not None else None


def span_of_day(node: Node) -> tuple[object, ...]:
    """When it begins and ends, apart from how it recurs."""
    return start_key(node), end_of(node)


def rdates(node: Node) -> set[Key]:
    return {key for line in node.every("RDATE") for key in keys_in(line)}


def timing(node: Node) -> tuple[object, ...]:
    """When it takes place: start, end, and rules of recurrence."""
    rules = sorted(";".join(sorted(line.value.strip().upper().split(";"))) for line in node.every("RRULE"))
    return *span_of_day(node), tuple(rules), tuple(sorted(rdates(node)))


def instance(master: Node, key: Key, recurrence_id: Line, since: Key | None = None) -> Node:
    """An instance of a series as a component of its own, at its own time; where `master` is of the instance `since` and
    all after it, as far from that time as it is."""
    start = master.first("DTSTART")
    first, own = (moment_of(start) if start is not None else None), moment_of(recurrence_id)
    made_of = Node(
        master.name, [ln for ln in master.lines if ln.name not in _OF_SERIES], [n.copy() for n in master.nodes]
    )
    if first is None or own is None or start is None:
        return made_of
    local = own.local if key_of(own)[0] == key_of(first)[0] and own.tzid == first.tzid else _on_clock(key, first)
    begins = local if since is None else first.local + local - _on_clock(since, first)
    params = clock_params(start)
    at = len(made_of.lines)
    made_of.lines[at:] = [
        made("RECURRENCE-ID", write_moment(local, is_date=first.date, utc=first.utc), params),
        made("DTSTART", write_moment(begins, is_date=first.date, utc=first.utc), params),
    ]
    for name in ("DTEND", "DUE"):
        line = master.first(name)
        moment = moment_of(line) if line is not None else None
        if line is not None and moment is not None:
            ends = moment.local + begins - first.local
            said = write_moment(ends, is_date=moment.date, utc=moment.utc)
            made_of.lines.append(made(name, said, clock_params(line)))
    return made_of


_OF_SERIES = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "DTSTART", "DTEND", "DUE"})


def _on_clock(key: Key, of: Moment) -> int:
    """What the clock of another moment shows at `key`."""
    if key[0] != "UTC" or not of.tzid:
        return key[1]
    zone = known_zone(of.tzid)
    return key[1] if zone is None else zone.local(key[1])


def _moment_at(local: int, of: Moment) -> int:
    """The moment at which the clock of another shows a local time."""
    zone = known_zone(of.tzid) if of.tzid else None
    return local if zone is None else zone.moment(local)
