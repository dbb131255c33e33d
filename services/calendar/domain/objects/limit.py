"""The shapes in which CalDAV gives calendar data (RFC 4791 §9.6): octets in, octets out."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.calendar.domain.objects.filters import periods_in
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.occurrences import Occurrence, Series
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.spans import clock_of, span_of
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, read_moment, write_moment
from services.calendar.domain.objects.zones import KnownZone, known_zone

# Instances of one object that are written out at most.
MAX_INSTANCES = 1_000
# The same by octets: a large object with many instances is not multiplied.
MAX_OCTETS = 8 * 1_048_576
_OF_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "DTSTART", "DTEND", "DUE", "DURATION")


@dataclass(frozen=True)
class Selection:
    """Which properties and components of a component are given (RFC 4791 §9.6.1); `without_value` names those of which
    only the name is."""

    name: str
    all_props: bool = False
    props: tuple[str, ...] = ()
    without_value: tuple[str, ...] = ()
    all_comps: bool = False
    comps: tuple["Selection", ...] = ()


def expand(thing: CalendarObject, zone: str, start: int, end: int, most: int = MAX_INSTANCES) -> bytes:
    """Each instance of a window by itself, in UTC, without rules and zones (§9.6.5); dates stay dates. What does not
    recur is given in UTC as it is."""
    series = Series(thing, zone)
    found = series.expand(start, end, most + 1_000).found
    room = max(MAX_OCTETS * len(thing.nodes) // len(thing.octets), 1)
    wanted = [each for each in found if each.overlaps(start, end)][: min(most, room)]
    written = [_instance(series, thing, each) for each in wanted]
    others = [node for node in thing.calendar.nodes if node.name != "VTIMEZONE" and node not in thing.nodes]
    return Node("VCALENDAR", thing.calendar.lines, [*others, *written]).octets()


def _instance(series: Series, thing: CalendarObject, at: Occurrence) -> Node:
    node = thing.nodes[at.component]
    start = node.first("DTSTART")
    moment = read_moment(start.value, start.param("TZID")) if start is not None else None
    head: list[Line] = []
    if start is None or moment is None:
        return _in_utc(series, node)
    is_date = moment.date
    head.append(_moment("DTSTART", at.start, series, is_date=is_date))
    ends = node.first("DTEND") or node.first("DUE") or node.first("DURATION")
    if ends is not None:
        name = "DUE" if node.name == "VTODO" else "DTEND"
        head.append(_moment(name, at.end, series, is_date=is_date))
    named = node.first("RECURRENCE-ID")
    if series.recurring or named is not None:
        origin = series.span.start if series.span is not None else read_moment(named.value if named is not None else "")
        of_dates = origin is not None and origin.date
        head.append(_moment("RECURRENCE-ID", at.recurrence, series, is_date=of_dates))
    rest = _in_utc(series, node.without(*_OF_SERIES))
    return Node(node.name, [*head, *rest.lines], node.nodes)


def _moment(name: str, moment: int, series: Series, *, is_date: bool) -> Line:
    if not is_date:
        return made(name, write_moment(moment, utc=True))
    local = series.zones.floating.local(moment)
    return made(name, write_moment(local // DAY * DAY, is_date=True), {"VALUE": "DATE"})


def _in_utc(series: Series, node: Node) -> Node:
    """Moments with a TZID, in UTC: their zones are not given along."""

    def line_in_utc(line: Line) -> Line:
        tzid = line.param("TZID")
        moment = read_moment(line.value, tzid) if tzid else None
        if moment is None or moment.date:
            return line
        return made(line.name, write_moment(clock_of(moment, series.zones).moment(moment.local), utc=True))

    return Node(node.name, [line_in_utc(line) for line in node.lines], node.nodes)


def limit_recurrence_set(thing: CalendarObject, zone: str, start: int, end: int) -> bytes:
    """The master, and of the overrides those that touch a window, or whose instance would have been in it, or that
    change the instances after them (§9.6.6)."""
    series = Series(thing, zone)
    length = series.span.end - series.span.begin if series.span is not None else 0

    def stays(node: Node) -> bool:
        line, recurrence, span = node.first("RECURRENCE-ID"), series.recurrence_of(node), span_of(node, series.zones)
        if line is None or recurrence is None or span is None or line.param("RANGE"):
            return True
        if Occurrence(span.begin, span.end).overlaps(start, end):
            return True
        return Occurrence(recurrence, recurrence + length).overlaps(start, end)

    dropped = [node for node in thing.nodes if not stays(node)]
    if not dropped:
        return thing.octets
    nodes = [node for node in thing.calendar.nodes if node not in dropped]
    return Node("VCALENDAR", thing.calendar.lines, nodes).octets()


def limit_freebusy_set(thing: CalendarObject, start: int, end: int) -> bytes:
    """Of FREEBUSY, the periods that touch a window (§9.6.7)."""

    def limited(node: Node) -> Node:
        lines = [new for line in node.lines if (new := _limited(line, start, end)) is not None]
        return Node(node.name, lines, node.nodes)

    nodes = [limited(node) if node.name == "VFREEBUSY" else node for node in thing.calendar.nodes]
    return Node("VCALENDAR", thing.calendar.lines, nodes).octets()


def _limited(line: Line, start: int, end: int) -> Line | None:
    if line.name != "FREEBUSY":
        return line
    texts = [text for begin, finish, text in periods_in(line) if begin < end and finish > start]
    return made("FREEBUSY", ",".join(texts), line.params) if texts else None


def select(thing: CalendarObject, selection: Selection) -> bytes:
    """The properties and components asked for (§9.6.1). A selection that is not of VCALENDAR gives an empty one."""
    if selection.name.upper() != "VCALENDAR":
        return Node("VCALENDAR").octets()
    return _selected(thing.calendar, selection).octets()


def _selected(node: Node, selection: Selection) -> Node:
    names = {name.upper() for name in selection.props}
    bare = {name.upper() for name in selection.without_value}
    inner = {each.name.upper(): each for each in selection.comps}
    lines = [
        made(line.name, "") if line.name in bare else line
        for line in node.lines
        if selection.all_props or line.name in names or line.name in bare
    ]
    return Node(node.name, lines, list(_inner(node.nodes, inner, all_comps=selection.all_comps)))


def _inner(nodes: Iterable[Node], inner: dict[str, Selection], *, all_comps: bool) -> Iterable[Node]:
    for node in nodes:
        if node.name in inner:
            yield _selected(node, inner[node.name])
        elif all_comps:
            yield node


def without_time_zones(thing: CalendarObject) -> bytes:
    """RFC 7809 §3.1.1: without the VTIMEZONEs that the tz database has, which are those that a client knows."""
    nodes = [node for node in thing.calendar.nodes if node.name != "VTIMEZONE" or not _standard(node)]
    return Node("VCALENDAR", thing.calendar.lines, nodes).octets()


def _standard(node: Node) -> bool:
    from_database = known_zone(node.value("TZID"))
    return isinstance(from_database, KnownZone) and from_database.name == node.value("TZID")
