"""What of a component is told to others, and what of it is worth telling.

RFC 5546 §3.2.2 lets a REQUEST carry nearly everything. Alarms are whoever's that set them, and so are what programs
note for themselves (`X-…`), categories and colours, which most programs use as private marks, and how far somebody is
with a task. None of that travels. CLASS does: who is invited to something private has to know. TRANSP of the organiser
travels as what the event is at first; attendees choose their own.
"""

from collections.abc import Iterable, Mapping

from services.calendar.domain.itip.ending import only_ends_earlier
from services.calendar.domain.itip.people import SERVER, agent_of, attendees, organizer_of, with_params
from services.calendar.domain.itip.series import (
    Key,
    Series,
    cancelled,
    cut_before,
    exclude,
    is_range,
    length_of,
    recurrence_key,
    start_key,
    timing,
)
from services.calendar.domain.objects.addresses import Address, who
from services.calendar.domain.objects.lines import Line
from services.calendar.domain.objects.tree import Node

PERSONAL = frozenset({"CATEGORIES", "COLOR", "PERCENT-COMPLETE", "COMPLETED", "REQUEST-STATUS", "ACKNOWLEDGED"})
# What is no news by itself.
_SILENT = frozenset({"DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE", "TRANSP", "ATTENDEE", "ORGANIZER"})
_OF_TIME = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID"})


def is_personal(line: Line) -> bool:
    return line.name in PERSONAL or line.name.startswith("X-")


def told(node: Node) -> Node:
    """A component as others may see it."""
    lines = [_told_person(line) if line.name in ("ATTENDEE", "ORGANIZER") else line for line in node.lines]
    return Node(node.name, [line for line in lines if not is_personal(line)], [])


def _told_person(line: Line) -> Line:
    """What a server or a program notes of people stays here (RFC 6638 §7.1, §7.2, §7.3)."""
    own = [name for name in line.params if name.startswith(("SCHEDULE-", "X-"))]
    return with_params(line, dict.fromkeys(own)) if own else line


def news(node: Node) -> tuple[object, ...]:
    """Two components with the same news tell the same, apart from when they are."""
    said = sorted(
        (
            line.name,
            line.value,
            tuple(sorted((name, values) for name, values in line.params.items() if name[:2] != "X-")),
        )
        for line in node.lines
        if line.name not in _SILENT and line.name not in _OF_TIME and not is_personal(line)
    )
    return organizer_of(node), tuple(said)


def invited(node: Node, organizer: Iterable[Address]) -> dict[Address, Line]:
    """To whom we send what becomes of a component: not the organiser, and nobody whom the client serves (RFC 6638
    §7.1). Who stands there twice is one."""
    if cancelled(node):
        return {}
    own = frozenset(organizer)
    found: dict[Address, Line] = {}
    for line in attendees(node):
        address = who(line)
        if address and address not in own and agent_of(line) == SERVER:
            found.setdefault(address, line)
    return found


def projection(series: Series, included: frozenset[Key | None]) -> Series | None:
    """What somebody may know who is invited to the components of these keys, None standing for the master
    (RFC 6638 §3.2.6): instances without them are EXDATEs."""
    if series.master is None or None not in included:
        found = {key: told(node) for key, node in series.overrides.items() if key in included}
        return Series(series.uid, series.component, None, found, series.zones) if found else None
    master = told(series.master)
    overrides = {key: told(node) for key, node in series.overrides.items() if key in included}
    take_out(master, {key: node for key, node in series.overrides.items() if key not in included})
    return Series(series.uid, series.component, master, overrides, series.zones)


def take_out(master: Node, overrides: Mapping[Key, Node]) -> None:
    """Of a series the instances of some overrides, and what follows those that are of all after them."""
    single = []
    for key, node in overrides.items():
        if is_range(node):
            cut_before(master, key)
        if not is_range(node) or key == start_key(master):
            single.append(node)
    exclude(master, single)


def is_at_its_time(override: Node, master: Node) -> bool:
    """Whether an instance is when its series says, and as long."""
    return start_key(override) == recurrence_key(override) and length_of(override) == length_of(master)


def rescheduled(before: Node, after: Node) -> bool:
    """RFC 6638 §3.2.8, but for EXDATE, which is the series' affair, and an end that comes earlier: who has answered to
    all has answered to fewer."""
    return takes_place_otherwise(before, after) and not only_ends_earlier(before, after)


def takes_place_otherwise(before: Node, after: Node) -> bool:
    """Whether an instance, or a series, has other times, EXDATE aside."""
    if before.first("RECURRENCE-ID") is None and after.first("RECURRENCE-ID") is not None:
        return not is_at_its_time(after, before)
    return timing(before) != timing(after)


def same_as_series(override: Node, master: Node) -> bool:
    """An override that says nothing that the series does not."""
    return is_at_its_time(override, master) and news(override) == news(master)
