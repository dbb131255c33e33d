"""iCalendar that we write ourselves: folded, with CRLF, with the zones that it speaks of."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from services.calendar.domain.objects.definitions import time_zone
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.tree import Node

PRODUCT = "-//gouv.tg//Workspace Calendar//FR"


def by_tzid(zones: Iterable[Node]) -> dict[str, Node]:
    return {zone.value("TZID"): zone for zone in zones}


def serialise(*nodes: Node, method: str = "", zones: Mapping[str, Node] = MappingProxyType({})) -> bytes:
    """One VCALENDAR of these components, with a VTIMEZONE for each TZID: the given one, else the tz database's."""
    head = [made("VERSION", "2.0"), made("PRODID", PRODUCT), made("CALSCALE", "GREGORIAN")]
    if method:
        head.append(made("METHOD", method.upper()))
    named = dict.fromkeys(tzid for node in nodes for tzid in tzids_of(node))
    defined = [node for tzid in named if (node := zones.get(tzid) or time_zone(tzid)) is not None]
    return Node("VCALENDAR", head, [*defined, *nodes]).octets()


def with_components(thing: CalendarObject, components: Iterable[Node], method: str = "") -> bytes:
    """The object with other components: what its VCALENDAR says, its zones and everything else in it stay."""
    nodes = list(components)
    named = {tzid for node in nodes for tzid in tzids_of(node)}
    given = {node.value("TZID") for node in thing.zone_nodes}
    added = [zone for tzid in sorted(named - given) if (zone := time_zone(tzid)) is not None]
    others = [node for node in thing.calendar.nodes if node not in thing.nodes]
    calendar = Node("VCALENDAR", list(thing.calendar.lines), [*others, *added, *nodes])
    calendar.drop("METHOD")
    if method:
        calendar.put(made("METHOD", method.upper()))
    return calendar.octets()


def tzids_of(node: Node) -> list[str]:
    return [tzid for each in node.walk() for line in each.lines if (tzid := line.param("TZID"))]
