"""What a resource answers to its organiser: its copy of the meeting with its word on each instance, and the REPLY."""

from collections.abc import Mapping
from datetime import datetime

from services.calendar.domain.itip.answers import Attended, attended
from services.calendar.domain.itip.people import NEEDS_ACTION, say
from services.calendar.domain.itip.series import (
    Key,
    Series,
    clock_params,
    instance,
    object_of,
    recurrence_key,
    series_of,
)
from services.calendar.domain.objects import CalendarObject, Facts
from services.calendar.domain.objects.lines import made, made_text
from services.calendar.domain.objects.occurrences import Series as Expander
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import write_moment
from services.calendar.domain.resources.deciding import TEXTS, Decision, Instance, Reason, State


def instances_of(facts: Facts) -> list[Instance]:
    """The times that a meeting asks for; instances that are off ask for none."""
    return [
        Instance(each.start, each.end, each.recurrence, facts.components[each.component].all_day)
        for each in facts.occurrences
        if facts.components[each.component].status != "CANCELLED"
    ]


def in_ranges(facts: Facts) -> bool:
    """Whether instances follow an override (THISANDFUTURE): one of them by itself has no place to be declined in."""
    return any(each.onward for each in facts.components)


def answered(
    copy: CalendarObject, address: str, decision: Decision, zone: str, now: datetime, comment: str = ""
) -> Attended:
    """The copy as it is kept, and what the organiser is told. `zone` is that of floating times."""
    own = frozenset({address})
    before = series_of(copy)
    for node in before.nodes():
        say(node, own, NEEDS_ACTION)
        # A resource is taken by whatever it is invited to.
        node.drop("COMMENT", "TRANSP")
    after = before.copy()
    for node in after.nodes():
        say(node, own, decision.state.value)
    if decision.state is State.DECLINED and decision.reason is not None:
        for node in after.nodes():
            _comment(node, decision.reason, comment)
    elif comment:
        for node in after.nodes():
            node.put(made_text("COMMENT", comment))
    _decline(after, own, decision.declined, Expander(copy, zone))
    return attended(object_of(before), object_of(after), own, now)


def _decline(series: Series, own: frozenset[str], declined: Mapping[int, Reason], times: Expander) -> None:
    """Single instances, which take no time of it from now on."""
    for start, reason in declined.items():
        key, node = _instance(series, start, times)
        if node is None or key is None:
            continue
        say(node, own, State.DECLINED.value)
        _comment(node, reason)
        node.put(made("TRANSP", "TRANSPARENT"))
        series.overrides[key] = node


def _instance(series: Series, start: int, times: Expander) -> tuple[Key | None, Node | None]:
    """The component of the instance that begins by its rule at a moment: its own, or one made of the series."""
    own = next((key for key, node in series.overrides.items() if times.recurrence_of(node) == start), None)
    if own is not None:
        return own, series.overrides[own]
    first = series.master.first("DTSTART") if series.master is not None else None
    span = times.span
    if series.master is None or first is None or span is None or span.start is None:
        return None, None
    local = span.zone.local(start)
    moment = write_moment(local, is_date=span.start.date, utc=span.start.utc)
    line = made("RECURRENCE-ID", moment, clock_params(first))
    key = recurrence_key(Node("", [line]))
    return (key, instance(series.master, key, line)) if key is not None else (None, None)


def _comment(node: Node, reason: Reason, said: str = "") -> None:
    french, english = TEXTS[reason]
    node.put(made_text("COMMENT", said or f"{french} / {english}"))
