"""When an object takes place: its rules, dates, exceptions and overrides as moments.

An occurrence keeps the moment that it would have had by the rule (RECURRENCE-ID), by which clients name it. Expansion
is bounded by steps, so that it ends for every rule.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain
from typing import NamedTuple

from services.calendar.domain.objects.lines import Line
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.recurrence import Steps, locals_of
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.spans import Span, clock_of, ended, span_of
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, EARLIEST, LATEST, Moment, read_duration, read_moment
from services.calendar.domain.objects.zones import Zone, Zones, zone_of

# Steps of one expansion; a step takes about a microsecond.
STEPS = 100_000
# Nothing that is known today was before, or will be after.
ALWAYS = (EARLIEST, LATEST)


class Occurrence(NamedTuple):
    """Seconds since 1970 in UTC. `component` indexes the components of the object; `recurrence` is the start by the
    rule."""

    start: int
    end: int
    component: int = 0
    recurrence: int = 0

    def overlaps(self, start: int, end: int) -> bool:
        """RFC 4791 §9.9 of events: what has no length lies where it begins."""
        return self.start < end and (self.end > start or (self.start == self.end >= start))


@dataclass
class Expansion:
    """Instances in order of their begin, at most `most`. `until` is None where there are no others,
    else nothing is known of what is recurring from that moment on."""

    found: list[Occurrence] = field(default_factory=list)
    until: int | None = None


@dataclass(frozen=True)
class _Override:
    index: int
    recurrence: int
    span: Span
    onward: bool
    # Of a range: how far its instances are from where the rule has them, and how long they are.
    shift: int = 0


class Series:
    """An object made ready for expansion, once for as many windows as are asked for."""

    def __init__(self, thing: CalendarObject, zone: str | Zone) -> None:
        self.zones = Zones(thing.zone_nodes, zone_of(zone) if isinstance(zone, str) else zone)
        self.nodes = thing.nodes
        self.master = thing.master_node
        self.span = span_of(self.master, self.zones) if self.master is not None else None
        first = 0 if self.master is None else 1
        found = (self._override(first + at, node) for at, node in enumerate(thing.override_nodes))
        self._overrides = [each for each in found if each is not None]
        self._by_recurrence = {each.recurrence: each for each in self._overrides}
        self._onward = sorted((each for each in self._overrides if each.onward), key=lambda each: each.recurrence)
        self.rules: list[Rule] = []
        self.dates: list[tuple[int, int | None]] = []
        self.excluded: frozenset[int] = frozenset()
        self._excluded_rules: list[Rule] = []
        if self.master is not None and self.span is not None and self.span.start is not None:
            self._read(self.master, self.span)

    @property
    def recurring(self) -> bool:
        return bool(self.rules or self.dates)

    def _read(self, master: Node, span: Span) -> None:
        excluded: set[int] = set()
        for line in master.lines:
            if line.name in ("RRULE", "EXRULE"):
                rule = read_rule(line.value)
                if isinstance(rule, Rule):
                    (self.rules if line.name == "RRULE" else self._excluded_rules).append(rule)
            elif line.name == "EXDATE":
                excluded.update(begin for begin, _ in self._listed(line.value, line.param("TZID"), span))
            elif line.name == "RDATE":
                self.dates += self._listed(line.value, line.param("TZID"), span)
        self.dates = sorted(set(self.dates), key=lambda each: each[0])
        self.excluded = frozenset(excluded)

    def _listed(self, value: str, tzid: str, span: Span) -> Iterator[tuple[int, int | None]]:
        """Begin and, of a PERIOD, end. A date where times recur means its instance of that day."""
        for each in value.split(","):
            text, slash, rest = each.partition("/")
            moment = read_moment(text, tzid)
            if moment is None:
                continue
            local = moment.local
            if moment.date and span.start is not None and not span.start.date:
                begin = span.zone.moment(local + span.local % DAY)
            else:
                begin = clock_of(moment, self.zones).moment(local)
            yield begin, self._period_end(moment, begin, rest, tzid) if slash else None

    def _period_end(self, moment: Moment, begin: int, text: str, tzid: str) -> int:
        length = read_duration(text)
        if length is not None:
            return max(begin, ended(moment.local, clock_of(moment, self.zones), length))
        end = read_moment(text, tzid)
        return begin if end is None else max(begin, clock_of(end, self.zones).moment(end.local))

    def recurrence_of(self, node: Node) -> int | None:
        """The moment that RECURRENCE-ID names. A date where times recur means the instance of that day."""
        line = node.first("RECURRENCE-ID")
        moment = read_moment(line.value, line.param("TZID")) if line is not None else None
        if moment is None:
            return None
        if moment.date and self.span is not None and self.span.start is not None and not self.span.start.date:
            return self.span.zone.moment(moment.local + self.span.local % DAY)
        return clock_of(moment, self.zones).moment(moment.local)

    def clock(self, line: Line) -> Zone:
        """The clock of a property that is a moment."""
        moment = read_moment(line.value, line.param("TZID"))
        return self.zones.floating if moment is None else clock_of(moment, self.zones)

    def spans_listed(self, line: Line, text: str) -> list[tuple[int, int | None]]:
        """The moments that values of RDATE or EXDATE name, with the end where one is a PERIOD."""
        return [] if self.span is None else list(self._listed(text, line.param("TZID"), self.span))

    def having(self, recurrences: Collection[int]) -> set[int]:
        """Which of some moments rules and dates give, whatever overrides say of them."""
        if self.master is None or self.span is None or not recurrences:
            return set()
        found: set[int] = set()
        last = max(recurrences)
        for _, begin, _ in self._members(min(recurrences), Steps(STEPS)):
            if begin > last:
                break
            found.add(begin)
        return found.intersection(recurrences) - self.excluded

    def instance(self, recurrence: int) -> Occurrence | None:
        """The instance of a RECURRENCE-ID, None where there is none."""
        override = self._by_recurrence.get(recurrence)
        if override is not None:
            return Occurrence(override.span.begin, override.span.end, override.index, recurrence)
        if self.master is None or self.span is None or recurrence in self.excluded:
            return None
        for local, begin, finish in self._members(recurrence, Steps(STEPS)):
            if begin >= recurrence:
                return self._occurrence(local, begin, finish) if begin == recurrence else None
        return None

    def ranged(self, recurrence: int) -> Occurrence | None:
        """An instance as a THISANDFUTURE of an earlier one has it; None where none does."""
        onward = self._range_of(recurrence)
        if onward is None or onward.recurrence == recurrence:
            return None
        return self._occurrence(None, recurrence, None)

    def any(self) -> bool:
        """Whether there is an instance at all."""
        if self.master is None or self.span is None or self._overrides:
            return bool(self._overrides) or self.master is not None
        return any(begin not in self.excluded for _, begin, _ in self._members(EARLIEST, Steps(STEPS)))

    def count_before(self, recurrence: int) -> int:
        """How many instances the rules give before a moment, as COUNT counts them."""
        counted = 0
        for local, begin, _ in self._members(EARLIEST, Steps(STEPS)):
            if begin >= recurrence:
                break
            counted += local is not None
        return counted

    def goes_on(self, rule: str, moment: int) -> bool:
        """Whether a rule of the series gives an instance at a moment, or later."""
        read = read_rule(rule)
        if self.span is None or not isinstance(read, Rule):
            return False
        return any(begin >= moment for begin, *_ in self._of_rule(read, self.span, moment, Steps(STEPS)))

    def _override(self, index: int, node: Node) -> _Override | None:
        recurrence, span = self.recurrence_of(node), span_of(node, self.zones)
        line = node.first("RECURRENCE-ID")
        if line is None or recurrence is None or span is None:
            return None
        onward = line.param("RANGE").upper() == "THISANDFUTURE"
        return _Override(index, recurrence, span, onward, span.begin - recurrence)

    def expand(self, start: int, end: int, most: int, steps: int = STEPS) -> Expansion:
        """Instances that may touch a window, and every override; what does not recur is told whatever the window.
        `most` bounds what is kept. Who asks for a window alone filters."""
        expansion = Expansion()
        for override in self._overrides:
            if override.recurrence not in self.excluded:
                span = override.span
                expansion.found.append(Occurrence(span.begin, span.end, override.index, override.recurrence))
        if self.master is None or self.span is None:
            return expansion
        budget = Steps(steps)
        ahead, found, reached = self._ahead(), expansion.found, self.span.begin
        for local, begin, finish in self._members(start - self._reach(), budget):
            if (begin >= end + ahead and self.recurring) or len(found) >= most:
                expansion.until = begin - ahead
                break
            reached = begin
            if begin in self._by_recurrence or begin in self.excluded:
                continue
            occurrence = self._occurrence(local, begin, finish)
            if occurrence.end >= start:
                found.append(occurrence)
        else:
            if budget.spent:
                expansion.until = reached - ahead
        expansion.found.sort(key=lambda each: (each.start, each.recurrence))
        return expansion

    def _occurrence(self, local: int | None, begin: int, finish: int | None) -> Occurrence:
        if self._onward:
            onward = self._range_of(begin)
            if onward is not None:
                moved = begin + onward.shift
                return Occurrence(moved, moved + onward.span.end - onward.span.begin, onward.index, begin)
        return Occurrence(begin, self._end_at(local, begin) if finish is None else finish, 0, begin)

    def _end_at(self, local: int | None, begin: int) -> int:
        span = self.span
        assert span is not None  # noqa: S101 — only what has one recurs
        if span.start is None:
            return span.end
        if span.length.days:
            at = span.zone.local(begin) if local is None else local
            return max(begin, ended(at, span.zone, span.length))
        return min(begin + span.length.seconds, LATEST)

    def _range_of(self, begin: int) -> _Override | None:
        """The THISANDFUTURE that an instance follows (RFC 5545 §3.2.13): the last one at or before it."""
        at = bisect_right(self._onward, begin, key=lambda each: each.recurrence)
        return self._onward[at - 1] if at else None

    def _reach(self) -> int:
        """How long before a window an instance may begin by its rule and still touch it."""
        assert self.span is not None  # noqa: S101 — as above
        lengths = [self.span.end - self.span.begin, *(end - begin for begin, end in self.dates if end is not None)]
        lengths += [each.shift + each.span.end - each.span.begin for each in self._onward]
        return max(0, *lengths) + 2 * DAY

    def _ahead(self) -> int:
        """How much earlier than by the rule a range may have its instances."""
        return max((-each.shift for each in self._onward if each.shift < 0), default=0)

    def _members(self, since: int, steps: Steps) -> Iterator[tuple[int | None, int, int | None]]:
        """The recurrence set in order, each once: local time where a rule gives it, begin, end where a PERIOD says."""
        span = self.span
        assert span is not None  # noqa: S101 — as above
        if span.start is None:
            yield None, span.begin, span.end
            return
        first: list[tuple[int, int, int, int]] = [(span.begin, 0, span.local, -1)]
        dates = [(begin, 1, -1, -1 if end is None else end) for begin, end in self.dates]
        streams = [self._of_rule(rule, span, since, steps) for rule in self.rules]
        if len(streams) == 1 and not dates and not self._excluded_rules:
            yield from self._of_one(first[0], streams[0])
            return
        last = None
        excluded = self._excluded_by_rules(since, steps)
        for begin, kind, local, end in merge(first, dates, *streams):
            if begin == last:
                continue
            last = begin
            if excluded is None or begin not in excluded:
                yield (None if kind == 1 else local), begin, (None if end < 0 or kind != 1 else end)

    @staticmethod
    def _of_one(
        first: tuple[int, int, int, int], stream: Iterator[tuple[int, int, int, int]]
    ) -> Iterator[tuple[int | None, int, int | None]]:
        """The usual case: DTSTART and one rule."""
        last = None
        for begin, _, local, _ in chain((first,), stream):
            if begin != last:
                last = begin
                yield local, begin, None

    def _of_rule(self, rule: Rule, span: Span, since: int, steps: Steps) -> Iterator[tuple[int, int, int, int]]:
        """DTSTART counts as the first of COUNT also where the rule does not give it (RFC 5545 §3.3.10)."""
        until = self._until(rule, span)
        zone, left, before = span.zone, rule.count, EARLIEST
        for local in locals_of(rule, span.local, steps, since - 2 * DAY):
            if left is not None:
                left -= 1 if local == span.local or left != rule.count else 2
                if left < 0:
                    return
            begin = zone.moment(local)
            if until is not None and begin > until:
                return
            # Where clocks go back, a later local time can be an earlier moment.
            if begin < before:
                begin = before
            before = begin
            yield begin, 0, local, -1

    def _until(self, rule: Rule, span: Span) -> int | None:
        """The last moment that UNTIL lets in. A date lets its whole day in where instances have times."""
        if rule.until is None:
            return None
        if rule.until.utc:
            return rule.until.local
        local = rule.until.local
        if rule.until.date and span.start is not None and not span.start.date:
            local += DAY - 1
        return span.zone.moment(local)

    def _excluded_by_rules(self, since: int, steps: Steps) -> "_Excluded | None":
        if not self._excluded_rules or self.span is None:
            return None
        streams = [self._of_rule(rule, self.span, since, steps) for rule in self._excluded_rules]
        return _Excluded(merge(*streams))


class _Excluded:
    """What EXRULEs give (RFC 2445 §4.8.5.2, which old clients write), asked for in ascending order."""

    def __init__(self, stream: Iterator[tuple[int, int, int, int]]) -> None:
        self._stream = stream
        self._at: int | None = None

    def __contains__(self, begin: int) -> bool:
        while self._at is None or self._at < begin:
            following = next(self._stream, None)
            if following is None:
                return False
            self._at = following[0]
        return self._at == begin


def occurrences_between(thing: CalendarObject, zone: str, start: int, end: int, most: int = 1_000) -> list[Occurrence]:
    """Instances that touch a window, earliest first: at most `most`, and bounded in work whatever the rules say."""
    expansion = Series(thing, zone).expand(start, end, most + 1_000)
    return [each for each in expansion.found if each.overlaps(start, end)][:most]
