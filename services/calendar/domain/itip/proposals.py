"""Messages that ask, without changing anything: REFRESH, COUNTER and DECLINECOUNTER (RFC 5546 §3.2.6 to §3.2.8)."""

from collections.abc import Iterable
from datetime import datetime

from chassis.errors import NotFound
from services.calendar.domain.itip.messages import Message, message
from services.calendar.domain.itip.people import attendee_line, lines_for
from services.calendar.domain.itip.series import (
    Key,
    Series,
    clock_params,
    occurs,
    recurrence_key,
    seconds_of,
    sequence_of,
    series_of,
    stamped,
)
from services.calendar.domain.itip.telling import told
from services.calendar.domain.objects.addresses import Address, uri_of
from services.calendar.domain.objects.lines import Line, made, made_text
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import write_moment


def refresh_for(of: Series, attendee: Iterable[Address], now: datetime) -> tuple[Message, ...]:
    """Asks the organiser for the whole (RFC 5546 §3.2.6). `of` is any message or object of it."""
    own = sorted(attendee)
    node = next(of.nodes())
    person = next(iter(lines_for(node, own)), None)
    line = attendee_line(own[0], {}) if person is None else made("ATTENDEE", person.value)
    lines = [made("UID", of.uid), made("ORGANIZER", uri_of(of.organizer)), line]
    asked = Node(of.component, lines)
    asked.lines.append(made("DTSTAMP", write_moment(seconds_of(now), utc=True)))
    return tuple(message("REFRESH", [of.organizer], Series(of.uid, of.component, asked)))


def counter_for(
    copy: CalendarObject,
    recurrence_id: str,
    times: Iterable[Line],
    comment: str,
    attendee: frozenset[Address],
    now: datetime,
) -> list[Message]:
    """What an attendee would rather have (RFC 5546 §3.2.7). `recurrence_id` names an instance as iCalendar writes it,
    by the clock of the series, empty for the whole; `times` are DTSTART, and DTEND or DURATION. Raises `NotFound`."""
    series = series_of(copy)
    key, node = component_at(series, recurrence_id)
    built, wanted = told(node), list(times)
    if wanted:
        built.drop("DTSTART", "DTEND", "DURATION", "DUE")
    people = [line for line in built.lines if line.name != "ATTENDEE"]
    built.lines = [*people, *lines_for(built, attendee), *wanted]
    return _alone("COUNTER", series, key, node, built, [series.organizer], comment, now)


def decline_counter(
    of: CalendarObject, recurrence_id: str, attendee: Address, comment: str, now: datetime
) -> list[Message]:
    """The organiser leaves it as it is (RFC 5546 §3.2.8). Raises `NotFound`."""
    series = series_of(of)
    key, node = component_at(series, recurrence_id)
    built = told(node)
    people = [line for line in built.lines if line.name != "ATTENDEE"]
    built.lines = [*people, *lines_for(built, [attendee])]
    return _alone("DECLINECOUNTER", series, key, node, built, [attendee], comment, now)


def component_at(series: Series, recurrence_id: str) -> tuple[Key | None, Node]:
    """The whole where nothing is named, else an instance, as a component of its own. Raises `NotFound`."""
    if not recurrence_id:
        if series.master is None:
            raise NotFound("There are only some instances of it here", fields={"recurrence_id": "is needed"})
        return None, series.master
    nodes = list(series.nodes())
    start = nodes[0].first("DTSTART")
    params = clock_params(start) if start is not None and not recurrence_id.endswith("Z") else {}
    line = made("RECURRENCE-ID", recurrence_id, params)
    key = recurrence_key(Node(series.component, [line]))
    if key is not None and key in series.overrides:
        return key, series.overrides[key]
    found = None
    if key is not None and series.master is not None and occurs(series.master, key):
        found = series.instance(key, line)
    if found is None:
        raise NotFound("There is no such instance", fields={"recurrence_id": recurrence_id[:40]})
    return key, found


def _alone(
    method: str,
    series: Series,
    key: Key | None,
    node: Node,
    built: Node,
    recipients: list[Address],
    comment: str,
    now: datetime,
) -> list[Message]:
    built.drop("COMMENT")
    if comment:
        built.lines.append(made_text("COMMENT", comment))
    stamped(built, sequence_of(node), seconds_of(now))
    alone = Series(series.uid, series.component, zones=series.zones)
    was = Series(series.uid, series.component, zones=series.zones)
    alone.put(key, built)
    was.put(key, node)
    return message(method, recipients, alone, comment=comment, was=was)
