"""ATTACH properties of kept files (RFC 8607 §4): put on components, changed for others, taken off."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from chassis.errors import Forbidden
from services.calendar.domain.attachments.files import Attachment
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.objects.edits import override_of, stamped
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import read_moment
from services.calendar.domain.objects.writing import with_components

SERIES = "M"
MAX_INSTANCES = 100
_ID, _OWN = "MANAGED-ID", ("MANAGED-ID", "FMTTYPE", "SIZE", "FILENAME")
Change = Callable[[list[Line]], list[Line]]


def ids_of(thing: CalendarObject) -> tuple[str, ...]:
    """Of every file that one of its components says to carry."""
    found = (_id_of(line) for node in thing.nodes for line in node.lines)
    return tuple(dict.fromkeys(each for each in found if each))


def _id_of(line: Line) -> str:
    return line.param(_ID) if line.name == "ATTACH" else ""


def _line(attachment: Attachment, public_url: str, others: Mapping[str, Sequence[str]] | None = None) -> Line:
    params: dict[str, str | Sequence[str]] = {
        _ID: attachment.id,
        "FMTTYPE": attachment.media_type,
        "SIZE": str(attachment.octets),
        "FILENAME": attachment.filename,
    }
    kept = {name: values for name, values in (others or {}).items() if name not in (*_OWN, "VALUE", "ENCODING")}
    return made("ATTACH", attachment.url(public_url), {**params, **kept})


def confirmed(thing: CalendarObject, known: Mapping[str, Attachment], public_url: str) -> CalendarObject:
    """What it says of kept files is what they are, whatever a client wrote beside their ids: no id leads elsewhere."""

    def checked(line: Line) -> Line:
        attachment = known.get(_id_of(line))
        if attachment is None:
            return line
        right = _line(attachment, public_url, line.params)
        same = line.value == right.value and all(line.param(name) == right.param(name) for name in _OWN)
        return line if same and "ENCODING" not in line.params else right

    nodes = [Node(node.name, [checked(line) for line in node.lines], node.nodes) for node in thing.nodes]
    changed = zip(thing.nodes, nodes, strict=True)
    if all(old.lines == new.lines for old, new in changed):
        return thing
    return read_object(with_components(thing, nodes, thing.method), scheduling=True)


def put_on(
    thing: CalendarObject,
    attachment: Attachment,
    public_url: str,
    instances: Sequence[str],
    zone: str,
    now: datetime,
) -> bytes:
    """The object with one more file. Raises `Forbidden` with the rule `valid-rid`."""
    added = _line(attachment, public_url)
    return _changed(thing, instances, zone, now, lambda lines: [*lines, added])


def swapped(thing: CalendarObject, old: str, attachment: Attachment, public_url: str, now: datetime) -> bytes:
    """The object with another file wherever one was."""

    def change(lines: list[Line]) -> list[Line]:
        return [_line(attachment, public_url, line.params) if _id_of(line) == old else line for line in lines]

    return _changed(thing, (), "UTC", now, change)


def taken_off(thing: CalendarObject, old: str, instances: Sequence[str], zone: str, now: datetime) -> bytes:
    """The object without a file. Raises `Forbidden` with the rule `valid-rid`."""
    return _changed(thing, instances, zone, now, lambda lines: [line for line in lines if _id_of(line) != old])


def _changed(thing: CalendarObject, instances: Sequence[str], zone: str, now: datetime, change: Change) -> bytes:
    """Of the series (`M`) and instances that are named, or of every component there is (RFC 8607 §3.3.2)."""
    nodes = list(thing.nodes)
    if not instances:
        nodes = [_with(node, change, now) for node in nodes]
        return with_components(thing, nodes, thing.method)
    if len(instances) > MAX_INSTANCES:
        raise refused(f"at most {MAX_INSTANCES} instances")
    series = Series(thing, zone)
    for each in dict.fromkeys(instances):
        at, node = _named(thing, series, each)
        if at is None:
            nodes.append(_with(node, change, now))
        else:
            nodes[at] = _with(node, change, now)
    return with_components(thing, nodes, thing.method)


def _named(thing: CalendarObject, series: Series, name: str) -> tuple[int | None, Node]:
    """A component as it is, with its place, or one that an instance has yet to be given."""
    if name == SERIES:
        if thing.master_node is None:
            raise refused("there is no series")
        return 0, thing.master_node
    moment = read_moment(name)
    if moment is None or series.span is None or not (series.recurring or thing.override_nodes):
        raise refused(f"{name[:40]} names no instance")
    clock = series.span.zone
    found = series.instance(moment.local if moment.utc else clock.moment(moment.local))
    if found is None:
        raise refused(f"{name[:40]} names no instance")
    there = thing.nodes[found.component]
    if series.recurrence_of(there) == found.recurrence:
        return found.component, there
    return None, override_of(series, found)


def _with(node: Node, change: Change, now: datetime) -> Node:
    lines = change(node.lines)
    if lines == node.lines:
        return node
    return stamped(node, Node(node.name, lines, node.nodes), now)


def refused(why: str) -> Forbidden:
    return Forbidden("Not instances of it", fields={"rid": why, "rule": "valid-rid"})
