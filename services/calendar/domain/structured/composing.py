"""Fields as a change of a component: which of its lines stand anew, and which go (RFC 5545)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from chassis.errors import InvalidInput
from services.calendar.domain.companions import DOCUMENT, MEETING
from services.calendar.domain.objects.addresses import uri_of
from services.calendar.domain.objects.alarms import AlarmFacts, alarms_of
from services.calendar.domain.objects.edits import Edit
from services.calendar.domain.objects.lines import Line, escape, made, made_text
from services.calendar.domain.objects.links import safe_link
from services.calendar.domain.objects.rules import read_rule
from services.calendar.domain.objects.splitting import like
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, Moment, local_of, read_moment, write_duration, write_moment
from services.calendar.domain.objects.zones import UTC_ZONE, Zone, zone_of
from services.calendar.domain.structured.fields import Alarm, Clock, Document, Fields, Repeating
from services.calendar.domain.structured.people import Organizer, answered, people_lines

_RECURRENCE = ("RRULE", "RDATE", "EXDATE", "EXRULE")


@dataclass(frozen=True)
class Setting:
    """Where a component stands: the zone of its calendar, who invites where nobody does yet, and when it is written."""

    zone: str
    organizer: Organizer
    now: datetime


def edit_of(fields: Fields, base: Node, setting: Setting) -> Edit:
    """What the fields change of `base`, which is the series, or the instance that is meant. Raises `InvalidInput`."""
    put: list[Line] = []
    drop: list[str] = []
    for line in _lines(fields, base, setting):
        if isinstance(line, Line):
            put.append(line)
        else:
            drop.append(line)
    alarms = None if fields.reminders is None else tuple(_alarms(fields, base, setting))
    named = {line.name for line in put}
    return Edit(tuple(put), tuple(dict.fromkeys(name for name in drop if name not in named)), alarms)


def _lines(fields: Fields, base: Node, setting: Setting) -> Iterator[Line | str]:
    """Lines to put, and names to drop."""
    answer = answered(base, setting.organizer.own, fields.status) if base.name == "VTODO" else None
    yield from _texts(fields if answer is None else replace(fields, status=None))
    yield from answer or ()
    yield from _times(fields, base, setting)
    if base.name == "VTODO":
        yield from _progress(fields, base, setting)
    if fields.recurrence is not None:
        yield from _rule(fields.recurrence, _starting(fields, base, setting), setting)
    if fields.attendees is not None or fields.rooms is not None:
        yield from people_lines(fields, base, setting.organizer)
    if fields.conference_wanted is not None:
        yield from _conference(base, wanted=fields.conference_wanted)
    if fields.documents is not None:
        yield from _documents(fields.documents, base)


def _texts(fields: Fields) -> Iterator[Line | str]:
    for name, text in (
        ("SUMMARY", fields.title),
        ("DESCRIPTION", fields.description),
        ("LOCATION", fields.location),
        ("COLOR", fields.color),
    ):
        if text is not None:
            yield made_text(name, text) if text else name
    if fields.description is not None:
        # The same in HTML, as it was before.
        yield "X-ALT-DESC"
    for name, value in (("CLASS", fields.visibility), ("STATUS", fields.status)):
        if value is not None:
            yield made(name, value) if value else name
    if fields.transparent is not None:
        yield made("TRANSP", "TRANSPARENT" if fields.transparent else "OPAQUE")
    if fields.categories is not None:
        named = ",".join(map(escape, fields.categories))
        yield made("CATEGORIES", named) if named else "CATEGORIES"
    if fields.url is not None:
        if fields.url and not safe_link(fields.url):
            raise InvalidInput("Not a link", fields={"url": "https:, http:, mailto: or tel:"})
        yield made("URL", safe_link(fields.url)) if fields.url else "URL"


def _times(fields: Fields, base: Node, setting: Setting) -> Iterator[Line]:
    """Begin and end. Who moves the begin alone keeps the length; who says no zone keeps the one that is there."""
    closing = "DUE" if base.name == "VTODO" else "DTEND"
    said = "due" if base.name == "VTODO" else "end"
    was, start = base.first("DTSTART"), _starting(fields, base, setting)
    end = None if fields.undue else base.first(closing)
    lasts = end if end is not None or fields.undue else base.first("DURATION")
    if fields.start is not None and start is not None:
        yield start
        if fields.end is None and was is not None and end is not None:
            yield _along(was, start, end)
    if fields.end is not None:
        told = _clock_line(closing, fields.end, end or was or start, setting)
        if start is not None and fields.end.whole_days != _is_date(start):
            raise InvalidInput("Not an end", fields={said: "has to be a day where the start is one, or a time"})
        first = start if start is not None else was
        if first is not None and _moment(told, setting) < _moment(first, setting):
            raise InvalidInput("Not an end", fields={said: "is before the start"})
        if first is not None and base.name == "VEVENT" and fields.end.whole_days and told.value <= first.value:
            raise InvalidInput("Not an end", fields={"end": "is the day after the last one"})
        yield told
    elif fields.start is not None and lasts is not None and fields.start.whole_days != _is_date(was or lasts):
        raise InvalidInput("Not an end", fields={said: "has to be said where days become times, or times days"})
    elif was is None and start is not None and end is not None and _moment(end, setting) < _moment(start, setting):
        raise InvalidInput("Not an end", fields={said: "is before the start"})


def _progress(fields: Fields, base: Node, setting: Setting) -> Iterator[Line | str]:
    """How far a task is (RFC 5545 §3.8.2.1, §3.8.1.8): what is done says since when, and what is not says no such
    thing."""
    percent = fields.percent
    if fields.status == "COMPLETED":
        percent = 100
        if not base.value("COMPLETED"):
            yield made("COMPLETED", write_moment(local_of(setting.now), utc=True))
    elif fields.status is not None:
        yield "COMPLETED"
        if percent is None and base.value("PERCENT-COMPLETE") == "100":
            yield "PERCENT-COMPLETE"
    for name, number in (("PERCENT-COMPLETE", percent), ("PRIORITY", fields.priority)):
        if number is not None:
            yield made(name, str(number)) if number else name
    if fields.undue:
        yield "DUE"
        yield "DURATION"


def _starting(fields: Fields, base: Node, setting: Setting) -> Line | None:
    """DTSTART as it will be."""
    was = base.first("DTSTART")
    return was if fields.start is None else _clock_line("DTSTART", fields.start, was, setting)


def _clock_line(name: str, clock: Clock, was: Line | None, setting: Setting) -> Line:
    if clock.whole_days:
        return made(name, write_moment(clock.local, is_date=True), {"VALUE": "DATE"})
    if clock.zone == "UTC":
        return made(name, write_moment(clock.local, utc=True))
    if not clock.zone and was is not None and not _is_date(was):
        return like(was, name, clock.local)
    return made(name, write_moment(clock.local), {"TZID": clock.zone or setting.zone})


def _along(was: Line, start: Line, end: Line) -> Line:
    """The end as far from the begin, on the clock, as it was."""
    before, after, old = read_moment(was.value), read_moment(start.value), read_moment(end.value)
    if before is None or after is None or old is None or before.date != after.date:
        return end
    same = end.param("TZID") == was.param("TZID") and before.utc == old.utc
    return like(start if same else end, end.name, old.local + after.local - before.local)


def _is_date(line: Line) -> bool:
    moment = read_moment(line.value)
    return moment is not None and moment.date


def _moment(line: Line, setting: Setting) -> int:
    moment = read_moment(line.value, line.param("TZID")) or Moment(0)
    return _zone(moment, setting).moment(moment.local)


def _zone(moment: Moment, setting: Setting) -> Zone:
    return UTC_ZONE if moment.utc else zone_of(moment.tzid or setting.zone)


def _rule(given: Repeating, start: Line | None, setting: Setting) -> Iterator[Line | str]:
    if given == Repeating():
        yield from _RECURRENCE
        return
    moment = read_moment(start.value, start.param("TZID")) if start is not None else None
    if moment is None:
        raise InvalidInput("What recurs begins at some time", fields={"recurrence": "needs a start"})
    parts = [f"FREQ={given.frequency}"] if given.frequency else []
    for name, value in (
        ("INTERVAL", given.interval if given.interval != 1 else 0),
        ("COUNT", given.count),
        ("UNTIL", _until(given.until, moment, setting)),
        ("BYDAY", ",".join(each.strip().upper() for each in given.by_day)),
        ("BYMONTHDAY", ",".join(map(str, given.by_month_day))),
        ("BYMONTH", ",".join(map(str, given.by_month))),
        ("BYSETPOS", ",".join(map(str, given.by_position))),
        ("WKST", given.week_start.upper()),
    ):
        if ";" in str(value):
            # Days are texts: one with further parts of a rule in it is none.
            raise InvalidInput("Not a rule", fields={"recurrence": f"{name} names no day"})
        if value:
            parts.append(f"{name}={value}")
    text = ";".join(parts)
    rule = read_rule(text)
    if isinstance(rule, str):
        raise InvalidInput("Not a rule", fields={"recurrence": rule})
    yield made("RRULE", text)
    yield "EXRULE"


def _until(day: int | None, start: Moment, setting: Setting) -> str:
    """Of the type of DTSTART: a date, or the end of that day (RFC 5545 §3.3.10)."""
    if day is None:
        return ""
    if start.date:
        return write_moment(day * DAY, is_date=True)
    last = day * DAY + DAY - 1
    if start.floating:
        return write_moment(last)
    return write_moment(_zone(start, setting).moment(last), utc=True)


def _conference(base: Node, *, wanted: bool) -> Iterator[Line | str]:
    """The wish for a video meeting; who wants none any more has none."""
    if wanted:
        if not base.value(MEETING):
            yield made(MEETING, "REQUESTED")
        return
    yield MEETING
    yield "CONFERENCE"
    yield from (line for line in base.every("CONFERENCE") if not line.param(MEETING))


def _documents(given: tuple[Document, ...], base: Node) -> Iterator[Line | str]:
    there = {line.param(DOCUMENT): line for line in base.every("ATTACH") if line.param(DOCUMENT)}
    yield "ATTACH"
    yield from (line for line in base.every("ATTACH") if not line.param(DOCUMENT))
    for each in given:
        params = {DOCUMENT: each.id} | ({"FILENAME": each.title} if each.title else {})
        yield there.get(each.id) or made("ATTACH", f"urn:workspace:document:{each.id}", params)


def _alarms(fields: Fields, base: Node, setting: Setting) -> Iterator[Node]:
    """One that is there stays as it is, with what clients noted of it. Of what has no begin they are counted from the
    end (RFC 5545 §3.8.6.3)."""
    begins = _starting(fields, base, setting) is not None
    ends = not fields.undue and (fields.end is not None or base.first("DUE") is not None)
    there: dict[Alarm, Node] = {}
    for node in base.nodes:
        facts = alarms_of(Node(base.name, [], [node]), 0)
        if facts:
            there.setdefault(alarm_of(facts[0]), node)
    title = fields.title or base.text("SUMMARY") or "Rappel"
    for given in fields.reminders or ():
        wanted = given if begins or given.at is not None else replace(given, from_end=True)
        if wanted.at is None and not begins and not ends:
            raise InvalidInput("A reminder of what has no time", fields={"reminders": "need a start or a due"})
        yield there.get(wanted) or _alarm(wanted, title, setting)


def alarm_of(facts: AlarmFacts) -> Alarm:
    """As REST says it."""
    if facts.at is not None:
        return Alarm(facts.action, at=facts.at)
    return Alarm(facts.action, -facts.offset // 60, facts.from_end)


def _alarm(wanted: Alarm, title: str, setting: Setting) -> Node:
    params = {"RELATED": "END"} if wanted.from_end else {}
    trigger = made("TRIGGER", write_duration(-wanted.minutes_before * 60), params)
    if wanted.at is not None:
        trigger = made("TRIGGER", write_moment(wanted.at, utc=True), {"VALUE": "DATE-TIME"})
    lines = [made("UID", str(uuid4())), made("ACTION", wanted.action), trigger]
    if wanted.action != "AUDIO":
        lines.append(made_text("DESCRIPTION", title))
    if wanted.action == "EMAIL":
        # RFC 5545 §3.6.6: a letter has a subject and somebody whom it goes to, who is whose calendar it is.
        lines += [made_text("SUMMARY", title), made("ATTENDEE", uri_of(setting.organizer.address))]
    return Node("VALARM", lines)


def new_component(kind: str, uid: str, fields: Fields, setting: Setting, now: str) -> Node:
    """A component of its own of these fields. Raises `InvalidInput`."""
    bare = Node(kind, [made("UID", uid), made("DTSTAMP", now), made("CREATED", now), made("LAST-MODIFIED", now)])
    if kind == "VEVENT" and fields.start is None:
        raise InvalidInput("An event begins at some time", fields={"start": "is missing"})
    if kind == "VEVENT" and fields.end is None and fields.start is not None:
        # A day is whole (§3.6.1); what has a time and no end takes no time, which nobody means.
        length = DAY if fields.start.whole_days else 3600
        fields = replace(fields, end=replace(fields.start, local=fields.start.local + length))
    node = edit_of(fields, bare, setting).on(bare)
    node.lines.append(made("SEQUENCE", "0"))
    return node
