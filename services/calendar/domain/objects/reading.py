"""Reading and validating a calendar object resource (RFC 4791 §4.1): one UID, one kind of component, a bounded size.

What clients really write is taken and kept as it is, also where a "MUST" of RFC 5545 is not met and nothing depends on
it: no DTSTAMP, properties twice, properties that nobody knows. What is refused would be read in two ways by two
programs, or cost more than it is worth.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chassis.errors import TooLarge
from services.calendar.domain.objects.recurrence import Steps, locals_of
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.tree import Bounds, Node, clean_text, read_tree, refused
from services.calendar.domain.objects.values import DAY, FIRST, LAST, Length, Moment, read_duration, read_moment
from services.calendar.domain.objects.zones import known_zone

COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL", "VAVAILABILITY", "VFREEBUSY")
# What one object may hold: octets in all, attendees, alarms and rules of one component, changed instances, dates that
# RDATE and EXDATE list.
MAX_OCTETS = 1_048_576
MAX_ATTENDEES = 1_000
MAX_OVERRIDES = 1_000
_MAX_ALARMS = 50
_MAX_DATES = 5_000
_MAX_RULES = 5
_MAX_UID = 1_000
BOUNDS = Bounds(lines=20_000, line=262_144, nodes=MAX_OVERRIDES * 4 + 200)
# Within how many steps a rule has to come to its first instance.
_FIRST_STEPS = 20_000
# Methods whose events may leave out when they are (RFC 5546 §3.2.3 to §3.2.8).
_WITHOUT_START = frozenset({"REPLY", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"})
_NONE = Length()
_DATES = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID")


@dataclass(frozen=True)
class CalendarObject:
    """One object and its octets. `master_node` is None for overrides alone, such as an attendee who is invited to one
    instance has; VFREEBUSY and VAVAILABILITY are masters."""

    octets: bytes
    uid: str
    component: str
    method: str
    calendar: Node
    master_node: Node | None
    override_nodes: tuple[Node, ...]
    zone_nodes: tuple[Node, ...]

    @cached_property
    def etag(self) -> str:
        return hashlib.sha256(self.octets).hexdigest()[:32]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The components as this package reads them: the master, where there is one, then the overrides."""
        return self.override_nodes if self.master_node is None else (self.master_node, *self.override_nodes)


def read_object(octets: bytes, *, scheduling: bool = False) -> CalendarObject:
    """One object. `scheduling` takes what others sent or organise: METHOD, overrides without their master.

    Raises `TooLarge`, and `InvalidInput` whose fields say why (`calendar`) and what it breaks (`rule`): `data` (no
    iCalendar), `object` (not one calendar object), `component`, `recurrence`, `size`, `attendees`, and
    `min-date-time` and `max-date-time` for what is too long ago or ahead."""
    if len(octets) > MAX_OCTETS:
        raise TooLarge(
            f"A calendar object may have {MAX_OCTETS} octets",
            fields={"calendar": f"has {len(octets)} octets", "rule": "size"},
        )
    clean = clean_text(octets, lenient=scheduling).encode()
    kept = octets if clean == octets else clean
    top = read_tree(kept, BOUNDS)
    if len(top) != 1 or top[0].name != "VCALENDAR":
        raise refused("is not one VCALENDAR")
    calendar = top[0]
    method = calendar.value("METHOD").upper()[:30]
    if method and not scheduling:
        raise refused("has a METHOD, which is for messages", "object")
    version = calendar.value("VERSION")
    if version and version.split(";")[-1] != "2.0":
        raise refused("is not of version 2.0")
    nodes = [node for node in calendar.nodes if node.name in COMPONENTS]
    master, overrides = _parts(nodes, scheduling=scheduling)
    _check(nodes, strict=not scheduling, begins=method not in _WITHOUT_START)
    return CalendarObject(
        octets=kept,
        uid=nodes[0].text("UID").strip(),
        component=nodes[0].name,
        method=method,
        calendar=calendar,
        master_node=master,
        override_nodes=tuple(overrides),
        zone_nodes=tuple(node for node in calendar.nodes if node.name == "VTIMEZONE"),
    )


def _parts(nodes: Sequence[Node], *, scheduling: bool) -> tuple[Node | None, list[Node]]:
    if not nodes:
        raise refused("holds no event, task, journal, availability or busy time", "component")
    if len({node.name for node in nodes}) > 1:
        raise refused("holds components of several kinds", "object")
    uids = {node.text("UID").strip() for node in nodes}
    if len(uids) > 1:
        raise refused("holds components of several UIDs", "object")
    uid = uids.pop()
    if not uid and not (scheduling and nodes[0].name == "VFREEBUSY"):
        raise refused("has no UID", "object")
    if len(uid) > _MAX_UID:
        raise refused(f"has a UID of over {_MAX_UID} characters", "object")
    masters = [node for node in nodes if node.first("RECURRENCE-ID") is None]
    overrides = [node for node in nodes if node.first("RECURRENCE-ID") is not None]
    if len(masters) > 1:
        raise refused("has the same component twice", "object")
    if not masters and not scheduling and not all(_is_copy(node) for node in overrides):
        raise refused("changes instances of a series that it does not hold", "object")
    if len(overrides) > MAX_OVERRIDES:
        raise refused(f"changes over {MAX_OVERRIDES} instances", "size")
    ids = {(node.value("RECURRENCE-ID"), _tzid(node, "RECURRENCE-ID")) for node in overrides}
    if len(ids) != len(overrides):
        raise refused("changes the same instance twice", "object")
    return (masters[0] if masters else None), overrides


def _is_copy(node: Node) -> bool:
    """An attendee's, who may be invited to some instances alone (RFC 4791 §4.1)."""
    return node.first("ORGANIZER") is not None and node.first("ATTENDEE") is not None


def _tzid(node: Node, name: str) -> str:
    line = node.first(name)
    return line.param("TZID") if line is not None else ""


def _check(nodes: Sequence[Node], *, strict: bool, begins: bool) -> None:
    dates = 0
    for node in nodes:
        _check_numbers(node)
        start = _check_dates(node, strict=strict, begins=begins)
        for line in node.lines:
            if line.name in ("RRULE", "EXRULE"):
                check_rule(line.value, start, strict=strict)
            elif line.name in ("RDATE", "EXDATE"):
                dates += line.value.count(",") + 1
                if dates > _MAX_DATES:
                    raise refused(f"lists over {_MAX_DATES} dates", "size")
                _check_list(line.name, line.value, line.param("TZID"), start, strict=strict)
        if node.first("RRULE") is not None and start is None:
            raise refused("recurs and does not say from when on", "recurrence")


def _check_numbers(node: Node) -> None:
    if sum(line.name == "ATTENDEE" for line in node.lines) > MAX_ATTENDEES:
        raise refused(f"has over {MAX_ATTENDEES} attendees", "attendees")
    if sum(each.name == "VALARM" for each in node.nodes) > _MAX_ALARMS:
        raise refused(f"has over {_MAX_ALARMS} alarms", "size")
    if sum(line.name in ("RRULE", "EXRULE") for line in node.lines) > _MAX_RULES:
        raise refused(f"has over {_MAX_RULES} rules", "recurrence")


def _check_dates(node: Node, *, strict: bool, begins: bool) -> Moment | None:
    """DTSTART, which is there and can be read where one is needed (RFC 5545 §3.6.1)."""
    found: dict[str, Moment] = {}
    for name in _DATES:
        line = node.first(name)
        if line is None:
            continue
        moment = read_moment(line.value, line.param("TZID"))
        if moment is None:
            raise refused(f"has a {name} that is no date: {line.value[:40]!r}")
        _check_years(name, moment)
        found[name] = moment
    start, end = found.get("DTSTART"), found.get("DTEND") or found.get("DUE")
    if node.name == "VEVENT" and start is None and begins:
        raise refused("is an event without DTSTART")
    duration = node.value("DURATION")
    if duration:
        length = read_duration(duration)
        if length is None:
            raise refused(f"has a DURATION that is none: {duration[:40]!r}")
        if start is not None:
            _check_years("DURATION", start, length)
    if strict and start is not None and end is not None and start.date != end.date:
        raise refused("begins at a time and ends on a date, or the other way round")
    return start


def _check_years(name: str, moment: Moment, length: Length = _NONE) -> None:
    """Nothing begins or ends in the years 1 and 9999, which are past the end on some clocks. The bounds are in UTC, as
    CalDAV says them (RFC 4791 §5.2.6, §5.2.7). Stamps (DTSTAMP, CREATED) plan nothing: some programs leave them in the
    year 1."""
    begin, end = moment.local, moment.local + max(length.total, 0)
    if begin >= FIRST + DAY and end <= LAST - DAY:
        return
    zone = known_zone(moment.tzid) if moment.tzid else None
    ahead = begin - zone.moment(begin) if zone is not None else 0
    if begin - ahead < FIRST:
        raise refused(f"has a {name} before the year 2", "min-date-time")
    if end - ahead > LAST:
        raise refused(f"has a {name} after the year 9998", "max-date-time")


def check_rule(text: str, start: Moment | None, *, strict: bool) -> Rule:
    """Raises `InvalidInput` with the rule `recurrence`."""
    rule = read_rule(text)
    if isinstance(rule, str):
        raise refused(rule, "recurrence")
    if strict and start is not None and rule.until is not None and rule.until.date != start.date:
        raise refused("UNTIL has to be a date where DTSTART is one, and a time where it is one", "recurrence")
    if strict and start is not None and not _gives_anything(rule, start):
        raise refused("has a rule that names no day at all", "recurrence")
    return rule


def _gives_anything(rule: Rule, start: Moment) -> bool:
    """Whether a rule comes to a first instance within reason; the 30th of February never does."""
    if not (rule.by_month_day or rule.by_year_day or rule.by_week or rule.by_position or rule.by_day):
        return True
    return next(locals_of(rule, start.local, Steps(_FIRST_STEPS)), None) is not None


def _check_list(name: str, value: str, tzid: str, start: Moment | None, *, strict: bool) -> None:
    """Dates of RDATE and EXDATE; they are of the type of DTSTART, or periods (RFC 5545 §3.8.5.2)."""
    for each in value.split(","):
        begin, slash, rest = each.partition("/")
        moment = read_moment(begin, tzid)
        if moment is None:
            if not value.strip():
                continue
            raise refused(f"has an {name} that is no date: {each[:40]!r}", "recurrence")
        _check_years(name, moment, read_duration(rest) or _NONE)
        end = read_moment(rest, tzid)
        if end is not None:
            _check_years(name, end)
        if strict and not slash and start is not None and moment.date != start.date:
            raise refused(f"{name} has to be of the type of DTSTART", "recurrence")
