"""An alarm that somebody is done with, as all of their clients see it (RFC 9074 §6)."""

from datetime import datetime

from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.writing import with_components


def acknowledged(given: CalendarObject, component: int, now: datetime) -> bytes | None:
    """The object with the alarms of a component acknowledged; None where it has none."""
    nodes = [node.copy() for node in given.nodes]
    if component >= len(nodes):
        return None
    alarms = [each for each in nodes[component].nodes if each.name == "VALARM"]
    for alarm in alarms:
        alarm.put(made("ACKNOWLEDGED", f"{now:%Y%m%dT%H%M%SZ}"))
    return with_components(given, nodes) if alarms else None
