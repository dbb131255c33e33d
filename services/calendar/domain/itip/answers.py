"""What an attendee may change in its copy, and what the organiser is told of it (RFC 6638 §3.2.2, RFC 5546 §3.2.3).

Its own: whether it comes, when it is reminded, whether the time is taken, its notes and marks, how far it is with a
task, and which instances it does not want (EXDATE: declined). Everything else is the organiser's.
"""

from dataclasses import dataclass, field
from datetime import datetime

from chassis.errors import Forbidden
from services.calendar.domain.itip.changes import check_organizers
from services.calendar.domain.itip.messages import Message, message
from services.calendar.domain.itip.people import (
    DECLINED,
    DELEGATED,
    NEEDS_ACTION,
    PARTICIPATION,
    SERVER,
    agent_of,
    attendees,
    lines_for,
    own_participation,
    participation,
    replaced,
    say,
    with_params,
)
from services.calendar.domain.itip.series import (
    Key,
    Series,
    cancelled,
    excluded,
    exdates,
    object_of,
    seconds_of,
    sequence_of,
    series_of,
    stamped,
)
from services.calendar.domain.itip.telling import is_personal, rescheduled, told
from services.calendar.domain.objects.addresses import Address, address_of, who
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.tree import Node

# Of EXDATE: the attendee does not want these instances, and no update brings them back.
OWN_EXDATE = "X-WORKSPACE-DECLINED"
# Beside what is personal (telling.PERSONAL) an attendee may change these; SEQUENCE is put back.
OWN = frozenset(
    {"TRANSP", "CREATED", "DTSTAMP", "LAST-MODIFIED", "COMMENT", "SEQUENCE", "EXDATE", "ATTENDEE", "ORGANIZER"}
)
# How far somebody is with a task that was given to them, by the STATUS that programs write, and the answer that it is
# (RFC 5546 §3.4.3): nothing done yet is no answer less.
_PROGRESS = {"COMPLETED": "COMPLETED", "IN-PROCESS": "IN-PROCESS", "NEEDS-ACTION": "ACCEPTED", "": "ACCEPTED"}
_TIMES = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "RECURRENCE-ID"})


@dataclass(frozen=True)
class Attended:
    """`stored` is what to keep of the copy, None after a deletion; `messages`: a REPLY, and REQUESTs for delegates."""

    stored: CalendarObject | None
    messages: list[Message] = field(default_factory=list)


class AttendeeChangeRefused(Forbidden):
    """CALDAV:allowed-attendee-scheduling-object-change (RFC 6638 §3.2.4.4)."""

    def __init__(self, what: str) -> None:
        rule = "allowed-attendee-scheduling-object-change"
        super().__init__(f"Only the organiser may change that: {what}", fields={"rule": rule, "what": what})


def attended(
    before: CalendarObject | None,
    after: CalendarObject | None,
    attendee: frozenset[Address],
    now: datetime,
    *,
    schedule_reply: bool = True,
) -> Attended:
    """`before` is the attendee's copy, None where a client puts one there itself (RFC 6638 §3.2.2.2); `after` is what a
    client wants instead, None for a deletion; `schedule_reply` is False where the client wants nobody to be told of it
    (`Schedule-Reply: F`, §8.1).

    Raises `AttendeeChangeRefused`, and `Forbidden` with the rule `same-organizer-in-all-components`."""
    if before is None:
        return _created(after, attendee, now) if after is not None else Attended(None)
    old = series_of(before)
    if not _served(old):
        return Attended(after)
    if after is None:
        return Attended(None, _deleted(old, attendee, now) if schedule_reply else [])
    new = series_of(after)
    check_organizers(new)
    if new.uid != old.uid or new.organizer != old.organizer:
        raise AttendeeChangeRefused("ORGANIZER" if new.uid == old.uid else "UID")
    forced = _take_force(new)
    _check(old, new, attendee)
    answers = _answers(old, new, attendee, forced=forced)
    _mark_own(old, new)
    stored = object_of(new)
    if not answers:
        return Attended(stored)
    return Attended(stored, [*_reply(new, answers, attendee, now, old), *_delegations(new, answers, attendee, now)])


def _served(series: Series) -> bool:
    """Whether we tell the organiser: clients may want to (RFC 6638 §3.2.2.3)."""
    return all(agent_of(line) == SERVER for node in series.nodes() for line in node.every("ORGANIZER"))


def _created(after: CalendarObject, attendee: frozenset[Address], now: datetime) -> Attended:
    new = series_of(after)
    check_organizers(new)
    _take_force(new)
    answers = {key: node for key, node in new.parts() if own_participation(node, attendee) not in ("", NEEDS_ACTION)}
    messages = _reply(new, answers, attendee, now) if answers and _served(new) else []
    return Attended(object_of(new), messages)


def _take_force(new: Series) -> bool:
    forced = False
    for node in new.nodes():
        for line in node.every("ORGANIZER"):
            if line.param("SCHEDULE-FORCE-SEND"):
                forced = forced or line.param("SCHEDULE-FORCE-SEND").upper() == "REPLY"
                replaced(node, line, with_params(line, {"SCHEDULE-FORCE-SEND": None}))
    return forced


def _check(old: Series, new: Series, attendee: frozenset[Address]) -> None:
    """Raises `AttendeeChangeRefused`."""
    if (old.master is None) != (new.master is None):
        raise AttendeeChangeRefused("RECURRENCE-ID")
    out = exdates(new.master) if new.master is not None else set()
    if old.master is not None and exdates(old.master) - out:
        raise AttendeeChangeRefused("EXDATE")
    if any(key not in new.overrides and key not in out and old.master is not None for key in old.overrides):
        raise AttendeeChangeRefused("RECURRENCE-ID")
    for key, node in new.parts():
        known = _known(old, key, node)
        if known is None:
            raise AttendeeChangeRefused("RECURRENCE-ID")
        _take_progress(known, node, attendee)
        _check_node(known, node, attendee)
        if sequence_of(node) != sequence_of(known):
            node.put(made("SEQUENCE", str(sequence_of(known))))


def _known(old: Series, key: Key | None, node: Node) -> Node | None:
    """What a component is of: itself as it was, the range that it lies in, or the series."""
    line = node.first("RECURRENCE-ID")
    ranged = old.onward(key, line) if key is not None and line is not None else None
    return old.at(key) or ranged or old.master


def _take_progress(known: Node, node: Node, attendee: frozenset[Address]) -> None:
    """STATUS of a task is its organiser's, and all that most programs of attendees write: it is taken for the answer,
    and put back."""
    said, was = node.value("STATUS").upper(), known.first("STATUS")
    if node.name != "VTODO" or said not in _PROGRESS:
        return
    before = own_participation(known, attendee)
    # What was put back says the same of a task that is done and of one that is taken up again.
    again = before == "COMPLETED" and known.first("COMPLETED") is not None and node.first("COMPLETED") is None
    if said == known.value("STATUS").upper() and not again:
        return
    going_on = said in ("COMPLETED", "IN-PROCESS") or before in ("COMPLETED", "IN-PROCESS")
    if going_on and own_participation(node, attendee) == before:
        say(node, attendee, _PROGRESS[said])
    node.drop("STATUS") if was is None else node.put(was)


def _check_node(known: Node, node: Node, attendee: frozenset[Address]) -> None:
    if rescheduled(known, node):
        raise AttendeeChangeRefused("DTSTART")
    before, after = _organizers(known), _organizers(node)
    if before != after:
        changed = sorted({name for name, *_ in set(before) ^ set(after)})
        raise AttendeeChangeRefused(", ".join(changed)[:200] or "properties")
    people, now = _others(known, attendee), _others(node, attendee)
    delegates = {to for line in lines_for(node, attendee) for to in _delegated_to(line)}
    for address in set(people) | set(now):
        added = address not in people and address in delegates
        if not added and people.get(address) != now.get(address):
            raise AttendeeChangeRefused("ATTENDEE")
    own = lines_for(node, attendee)
    if bool(own) != bool(lines_for(known, attendee)):
        raise AttendeeChangeRefused("ATTENDEE")
    if any(participation(line) not in PARTICIPATION.get(node.name, frozenset()) for line in own):
        raise AttendeeChangeRefused("PARTSTAT")


def _organizers(node: Node) -> list[tuple[str, str]]:
    """What only the organiser may change, apart from when it is."""
    lines = [each for each in node.lines if each.name not in OWN and each.name not in _TIMES and not is_personal(each)]
    return sorted((line.name, line.value) for line in lines)


def _others(node: Node, attendee: frozenset[Address]) -> dict[Address, str]:
    return {who(line): participation(line) for line in attendees(node) if who(line) not in attendee}


def _delegated_to(line: Line) -> list[Address]:
    return [address for uri in line.params.get("DELEGATED-TO", ()) if (address := address_of(uri))]


def _answers(old: Series, new: Series, attendee: frozenset[Address], *, forced: bool) -> dict[Key | None, Node]:
    """The components whose answer is another, by key; those of instances that were taken out say DECLINED."""
    found: dict[Key | None, Node] = {}
    for key, node in new.parts():
        known = _known(old, key, node)
        if known is None or cancelled(node):
            continue
        said = own_participation(node, attendee)
        whom = {to for line in lines_for(node, attendee) for to in _delegated_to(line)}
        before = {to for line in lines_for(known, attendee) for to in _delegated_to(line)}
        if said and (forced or said != own_participation(known, attendee) or whom - before):
            found[key] = node
    if old.master is None or new.master is None:
        return found
    there = exdates(old.master)
    for key, line in excluded(new.master).items():
        if key in there:
            continue
        was = old.overrides.get(key)
        off = was.copy() if was is not None else old.instance(key, line)
        if off is None or cancelled(off) or own_participation(off, attendee) in ("", DECLINED):
            continue
        say(off, attendee, DECLINED)
        found[key] = off
    return found


def _mark_own(old: Series, new: Series) -> None:
    """Instances that the attendee took out are told from those that the organiser did."""
    if old.master is None or new.master is None:
        return
    added = exdates(new.master) - exdates(old.master)
    lines: list[Line] = []
    for line in new.master.lines:
        if line.name == "EXDATE" and not line.param(OWN_EXDATE):
            for value in line.value.split(","):
                one = made("EXDATE", value, dict(line.params))
                own = bool(added & exdates(Node("", [one])))
                lines.append(with_params(one, {OWN_EXDATE: "TRUE"}) if own else one)
        else:
            lines.append(line)
    new.master.lines = lines


def _deleted(old: Series, attendee: frozenset[Address], now: datetime) -> list[Message]:
    found: dict[Key | None, Node] = {}
    for key, node in old.parts():
        if cancelled(node) or (None in found and key is not None):
            continue
        if own_participation(node, attendee) not in ("", DECLINED, DELEGATED):
            found[key] = node.copy()
            say(found[key], attendee, DECLINED)
    return _reply(old, found, attendee, now) if found else []


_IN_REPLY = frozenset(
    {"UID", "RECURRENCE-ID", "DTSTART", "DTEND", "DUE", "DURATION", "ORGANIZER", "SUMMARY", "COMMENT", "SEQUENCE"}
)


def _reply(
    of: Series,
    answers: dict[Key | None, Node],
    attendee: frozenset[Address],
    now: datetime,
    old: Series | None = None,
) -> list[Message]:
    """RFC 5546 §3.2.3: who answers is the one attendee in it."""
    made_of = Series(of.uid, of.component, zones=of.zones)
    comment = ""
    for key, node in answers.items():
        own = told(node)
        person = lines_for(own, attendee)[0]
        lines = [line for line in own.lines if line.name in _IN_REPLY]
        known = (old.at(key) or old.master) if old is not None else node
        if known is not None and known.text("COMMENT") == own.text("COMMENT"):
            # The organiser's own words are no comment of the attendee.
            lines = [line for line in lines if line.name != "COMMENT"]
        if node.name == "VTODO":
            lines += [line for line in node.lines if line.name in ("PERCENT-COMPLETE", "COMPLETED")]
        lines += [with_params(person, {"RSVP": None}), made("REQUEST-STATUS", "2.0;Success")]
        built = stamped(Node(node.name, lines), sequence_of(node), seconds_of(now))
        comment = comment or built.text("COMMENT")
        made_of.put(key, built)
    return message("REPLY", [of.organizer], made_of, comment=comment) if of.organizer else []


def _delegations(
    of: Series, answers: dict[Key | None, Node], attendee: frozenset[Address], now: datetime
) -> list[Message]:
    """Who delegates asks its delegates in the organiser's name (RFC 5546 §3.2.2.3)."""
    asked: dict[Address, Series] = {}
    for key, node in answers.items():
        for own in lines_for(node, attendee):
            for to in _delegated_to(own) if participation(own) == DELEGATED else ():
                series = asked.setdefault(to, Series(of.uid, of.component, zones=of.zones))
                built = stamped(_for_delegate(told(node), own, to), sequence_of(node), seconds_of(now))
                series.put(key, built)
    return [each for to, series in asked.items() for each in message("REQUEST", [to], series)]


def _for_delegate(node: Node, own: Line, to: Address) -> Node:
    from_uri = own.value
    there = lines_for(node, [to])
    if not there:
        uri = next(each for each in own.params.get("DELEGATED-TO", ()) if address_of(each) == to)
        role = {"ROLE": own.param("ROLE")} if own.param("ROLE") else {}
        there = [made("ATTENDEE", uri, {"RSVP": "TRUE", **role})]
        node.lines.append(there[0])
    changes: dict[str, str | None] = {"PARTSTAT": NEEDS_ACTION, "DELEGATED-FROM": from_uri}
    replaced(node, there[0], with_params(there[0], changes))
    return node
