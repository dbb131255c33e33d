"""Filters of calendar-query (RFC 4791 §9.7) as data, and whether an object passes one."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.calendar.domain.objects.alarms import alarms_of
from services.calendar.domain.objects.lines import Line, texts_of
from services.calendar.domain.objects.occurrences import Occurrence, Series
from services.calendar.domain.objects.reading import COMPONENTS, CalendarObject
from services.calendar.domain.objects.spans import clock_of, moment_of, span_of
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import EARLIEST, LATEST, read_duration, read_moment

COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")
# How many instances a time range looks at.
_MOST = 2_000
_LISTS = frozenset({"CATEGORIES", "RESOURCES"})


@dataclass(frozen=True)
class TimeRange:
    """Seconds since 1970 in UTC; None for an open end."""

    start: int | None = None
    end: int | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        return (EARLIEST if self.start is None else self.start, LATEST + 1 if self.end is None else self.end)


@dataclass(frozen=True)
class TextMatch:
    """Whether a text holds another (RFC 4791 §9.7.5, RFC 4790); `negate`: whether it does not."""

    text: str
    collation: str = "i;ascii-casemap"
    negate: bool = False

    def matches(self, value: str) -> bool:
        fold = _FOLDS.get(self.collation, _ascii)
        return (fold(self.text) in fold(value)) != self.negate


@dataclass(frozen=True)
class ParamFilter:
    name: str
    is_not_defined: bool = False
    text_match: TextMatch | None = None


@dataclass(frozen=True)
class PropFilter:
    name: str
    is_not_defined: bool = False
    time_range: TimeRange | None = None
    text_match: TextMatch | None = None
    params: tuple[ParamFilter, ...] = ()


@dataclass(frozen=True)
class CompFilter:
    """The outermost is that of VCALENDAR."""

    name: str
    is_not_defined: bool = False
    time_range: TimeRange | None = None
    props: tuple[PropFilter, ...] = ()
    comps: tuple["CompFilter", ...] = ()


@dataclass(frozen=True)
class Window:
    """What an index can answer of a filter: no object passes that is of another component than these (none: all), or
    does not touch the time from `start` to `end` (both None: any). `exact`: each that does passes."""

    components: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    exact: bool = False


def _ascii(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _unicode(text: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


def _octets(text: str) -> str:
    return text


_FOLDS: dict[str, Callable[[str], str]] = {
    "i;ascii-casemap": _ascii,
    "i;octet": _octets,
    "i;unicode-casemap": _unicode,
}


def window_of(wanted: CompFilter) -> Window:
    """For the index, from the filter of VCALENDAR. Tasks and alarms have times that an index of instances does not
    know, so theirs narrow the components alone."""
    inner = [each for each in wanted.comps if not each.is_not_defined and each.name.upper() in COMPONENTS]
    if len(inner) != 1:
        return Window(exact=not (wanted.comps or wanted.props or wanted.time_range or wanted.is_not_defined))
    only = inner[0]
    name = only.name.upper()
    plain = len(wanted.comps) == 1 and not (wanted.props or only.props or only.comps)
    if only.time_range is None:
        return Window((name,), exact=plain)
    if name == "VTODO":
        return Window((name,))
    start, end = only.time_range.bounds
    return Window((name,), start, end, exact=plain and name == "VEVENT")


def matches(thing: CalendarObject, wanted: CompFilter, zone: str) -> bool:
    """Whether an object passes the filter of its VCALENDAR. `zone` is that of floating times."""
    return _Match(Series(thing, zone), thing).passes([thing.calendar], wanted)


class _Match:
    def __init__(self, series: Series, thing: CalendarObject) -> None:
        self._series = series
        self._indexes = {id(node): index for index, node in enumerate(thing.nodes)}
        self._known: dict[tuple[int, int], dict[int, list[Occurrence]]] = {}

    def passes(self, nodes: Sequence[Node], wanted: CompFilter) -> bool:
        """Whether one of some siblings passes, or whether there is none where none is wanted."""
        found = [node for node in nodes if node.name == wanted.name.upper()]
        if wanted.is_not_defined:
            return not found
        return any(self._node_passes(node, wanted) for node in found)

    def _node_passes(self, node: Node, wanted: CompFilter) -> bool:
        if wanted.time_range is not None and not self._in_range(node, wanted.time_range):
            return False
        if not all(self._property_passes(node, each) for each in wanted.props):
            return False
        return all(self._inner_passes(node, each) for each in wanted.comps)

    def _inner_passes(self, node: Node, wanted: CompFilter) -> bool:
        if wanted.name.upper() == "VALARM" and wanted.time_range is not None and not wanted.is_not_defined:
            alarms = [each for each in node.nodes if each.name == "VALARM"]
            return any(
                self._alarm_in_range(node, alarm, wanted.time_range)
                and self._node_passes(alarm, CompFilter(wanted.name, props=wanted.props, comps=wanted.comps))
                for alarm in alarms
            )
        return self.passes(node.nodes, wanted)

    def _occurrences(self, index: int, start: int, end: int) -> Sequence[Occurrence]:
        """Those of one component."""
        known = self._known.get((start, end))
        if known is None:
            known = self._known[(start, end)] = {}
            for each in self._series.expand(start, end, _MOST).found:
                known.setdefault(each.component, []).append(each)
        return known.get(index, ())

    def _in_range(self, node: Node, wanted: TimeRange) -> bool:
        start, end = wanted.bounds
        index = self._indexes.get(id(node))
        if index is None:
            return True
        if node.name == "VFREEBUSY":
            return self._busy_in_range(node, start, end)
        # The table for tasks has both ends of a range in it.
        wider = 1 if node.name == "VTODO" else 0
        occurrences = self._occurrences(index, start - wider, end + wider)
        if node.name == "VTODO":
            return any(self._task_in_range(node, each, start, end) for each in occurrences)
        return any(each.overlaps(start, end) for each in occurrences)

    def _task_in_range(self, node: Node, at: Occurrence, start: int, end: int) -> bool:
        """The table of RFC 4791 §9.9 for VTODO."""
        if node.first("DTSTART") is not None:
            if node.first("DUE") is not None:
                return (start < at.end or start <= at.start) and (end > at.start or end >= at.end)
            if node.first("DURATION") is not None:
                return start <= at.end and (end > at.start or end >= at.end)
            return start <= at.start < end
        if node.first("DUE") is not None:
            return start < at.end <= end
        zones = self._series.zones
        made, done = moment_of(node, "CREATED", zones), moment_of(node, "COMPLETED", zones)
        if done is not None and made is not None:
            return (start <= made or start <= done) and (end >= made or end >= done)
        if done is not None:
            return start <= done <= end
        return made is None or end > made

    def _busy_in_range(self, node: Node, start: int, end: int) -> bool:
        if node.first("DTSTART") is not None and node.first("DTEND") is not None:
            span = span_of(node, self._series.zones)
            return span is not None and start <= span.end and end > span.begin
        return any(begin < end and finish > start for begin, finish in busy_of(node))

    def _alarm_in_range(self, node: Node, alarm: Node, wanted: TimeRange) -> bool:
        """RFC 4791 §9.9: one of its triggers, repeats among them, is in the range."""
        start, end = wanted.bounds
        index = self._indexes.get(id(node), 0)
        for facts in alarms_of(Node(node.name, nodes=[alarm]), index):
            if facts.at is not None:
                around: Sequence[Occurrence] = (Occurrence(facts.at, facts.at),)
            else:
                reach = abs(facts.offset) + facts.repeat * facts.every + 1
                around = self._occurrences(index, max(start - reach, EARLIEST), min(end + reach, LATEST))
            if any(start <= due < end for each in around for due in facts.due(each)):
                return True
        return False

    def _property_passes(self, node: Node, wanted: PropFilter) -> bool:
        found = node.every(wanted.name.upper())
        if wanted.is_not_defined:
            return not found
        return any(self._line_passes(line, wanted) for line in found)

    def _line_passes(self, line: Line, wanted: PropFilter) -> bool:
        if wanted.time_range is not None and not self._moment_passes(line, wanted.time_range):
            return False
        if wanted.text_match is not None and not _text_passes(line, wanted.text_match):
            return False
        return all(_parameter_passes(line, each) for each in wanted.params)

    def _moment_passes(self, line: Line, wanted: TimeRange) -> bool:
        moment = read_moment(line.value, line.param("TZID"))
        if moment is None:
            return False
        start, end = wanted.bounds
        return start <= clock_of(moment, self._series.zones).moment(moment.local) < end


def _text_passes(line: Line, wanted: TextMatch) -> bool:
    """Of a list, one of its texts is enough; negated, none may hold it."""
    if line.name not in _LISTS:
        return wanted.matches(line.text)
    each = [wanted.matches(text) for text in texts_of(line.value)]
    return all(each) if wanted.negate else any(each)


def _parameter_passes(line: Line, wanted: ParamFilter) -> bool:
    values = line.params.get(wanted.name.upper())
    if wanted.is_not_defined:
        return values is None
    if values is None:
        return False
    if wanted.text_match is None:
        return True
    each = [wanted.text_match.matches(value) for value in values]
    return all(each) if wanted.text_match.negate else any(each)


def busy_of(node: Node) -> list[tuple[int, int]]:
    """The periods of FREEBUSY, which are in UTC, that are not free."""
    found: list[tuple[int, int]] = []
    for line in node.every("FREEBUSY"):
        if line.param("FBTYPE").upper() != "FREE":
            found += [(begin, end) for begin, end, _ in periods_in(line)]
    return found


def periods_in(line: Line) -> list[tuple[int, int, str]]:
    """Begin, end and the text of each PERIOD in UTC of a property."""
    found: list[tuple[int, int, str]] = []
    for each in line.value.split(","):
        first, _, rest = each.strip().partition("/")
        begin, length, end = read_moment(first), read_duration(rest), read_moment(rest)
        if begin is not None and (length is not None or end is not None):
            finish = begin.local + length.total if length is not None else (end.local if end is not None else 0)
            found.append((begin.local, max(begin.local, finish), each.strip()))
    return found
