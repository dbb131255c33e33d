"""What somebody says to an invitation, written into its own copy; and what an organiser takes up of a proposal."""

from chassis.errors import InvalidInput, NotFound
from services.calendar.domain.itip.people import DELEGATED, PARTICIPATION, lines_for, replaced, say, with_params
from services.calendar.domain.itip.proposals import component_at
from services.calendar.domain.itip.series import (
    cancelled,
    clock_params,
    length_of,
    moment_of,
    object_of,
    recurrence_key,
    series_of,
)
from services.calendar.domain.objects.addresses import Address, uri_of
from services.calendar.domain.objects.lines import made, made_text
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import write_moment

_TIMES = ("DTSTART", "DTEND", "DURATION", "DUE")


def participating(
    copy: CalendarObject,
    recurrence_id: str,
    own: frozenset[Address],
    said: str,
    comment: str = "",
    delegate: Address = "",
) -> CalendarObject:
    """The copy with the answer `said` (PARTSTAT) to an instance, or where `recurrence_id` is empty to all of it.

    Raises `NotFound` for an instance that is not there, or to which nobody of `own` is invited; `InvalidInput`."""
    series = series_of(copy)
    if said not in PARTICIPATION[copy.component] or (said == DELEGATED) != bool(delegate):
        raise InvalidInput("Not an answer", fields={"answer": "of this component, with a delegate or without"})
    targets = list(series.nodes())
    if recurrence_id:
        key, node = component_at(series, recurrence_id)
        series.put(key, node)
        targets = [node]
    alive = [node for node in targets if not cancelled(node) and lines_for(node, own)]
    if not alive:
        raise NotFound("There is no invitation", fields={"recurrence_id": recurrence_id[:40]})
    for node in alive:
        _answer(node, own, said, comment, delegate)
    return object_of(series)


def _answer(node: Node, own: frozenset[Address], said: str, comment: str, delegate: Address) -> None:
    say(node, own, said)
    for line in lines_for(node, own):
        replaced(node, line, with_params(line, {"DELEGATED-TO": uri_of(delegate) if delegate else None}))
    node.drop("COMMENT")
    if comment:
        node.lines.append(made_text("COMMENT", comment))


def recurrence_id_in(node: Node) -> str:
    """Which instance a component of a message is about, apart from whose clock it is written by; empty: the whole."""
    key = recurrence_key(node)
    return write_moment(key[1], utc=True) if key is not None and key[0] == "UTC" else node.value("RECURRENCE-ID")


def taken_up(mine: CalendarObject, proposal: CalendarObject) -> CalendarObject:
    """An organiser's object at the times that an attendee proposes; nothing else of the proposal counts.

    Raises `NotFound` for an instance that is not there any more, `InvalidInput` for a proposal without a time."""
    series, said = series_of(mine), series_of(proposal)
    node = next(said.nodes())
    key, target = component_at(series, recurrence_id_in(node))
    start = node.first("DTSTART")
    moment = moment_of(start) if start is not None else None
    if start is None or moment is None:
        raise InvalidInput("The proposal names no time", fields={"proposal": "has no DTSTART"})
    times = [line for line in node.lines if line.name in _TIMES]
    if len(times) == 1 and (length := length_of(target)):
        ends = write_moment(moment.local + length, is_date=moment.date, utc=moment.utc)
        times.append(made("DTEND" if mine.component == "VEVENT" else "DUE", ends, clock_params(start)))
    target.drop(*_TIMES)
    target.lines += times
    series.put(key, target)
    series.zones = [*series.zones, *said.zones]
    return object_of(series)
