"""What attendees say of an organiser's object: REPLY, COUNTER and REFRESH (RFC 5546 §3.2.3, §3.2.6, §3.2.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.calendar.domain.itip.changes import request_to
from services.calendar.domain.itip.outcomes import Answered, Ignored, Outcome, Proposed, Refreshed, Refused, Sender
from services.calendar.domain.itip.people import (
    ANSWERED_AT,
    DELEGATED,
    NEEDS_ACTION,
    PARTICIPATION,
    UNINVITED,
    attendee_line,
    attendees,
    lines_for,
    participation,
    replaced,
    with_params,
)
from services.calendar.domain.itip.senders import speaks_for
from services.calendar.domain.itip.sequence import answers_from
from services.calendar.domain.itip.series import (
    Key,
    Series,
    cancelled,
    exdates,
    object_of,
    occurring,
    sequence_of,
    stamp_of,
)
from services.calendar.domain.objects.addresses import Address, address_of, is_mail, uri_of, who
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import write_moment

MAX_DELEGATES = 10


@dataclass(frozen=True)
class _Voice:
    """Who speaks in a message: its line there, and how the organiser's object calls it."""

    said: Line
    address: Address
    sent_by: Address = ""
    crasher: bool = False


def _people(known: Series) -> dict[Address, Line]:
    return {who(line): line for each in known.nodes() for line in attendees(each)}


def _voice(people: Mapping[Address, Line], node: Node, sender: Sender) -> _Voice | Refused:
    """The attendee of a component for whom the sender speaks; `people` are those of the meeting. A reply under another
    address of the same account is the answer of whoever was invited."""
    lines = [line for line in attendees(node) if is_mail(who(line))]
    if not lines:
        return Refused("no_attendee")
    for line in lines:
        allowed, by = speaks_for(sender, line, people.get(who(line)), colleagues=True)
        if not allowed:
            continue
        if who(line) in people:
            return _Voice(line, who(line), by)
        alias = next((address for address in sorted(sender.addresses) if sender.inside and address in people), "")
        return _Voice(line, alias, by) if alias else _Voice(line, who(line), by, crasher=True)
    return Refused("spoofed")


def replied(known: Series, said: Series, sender: Sender, *, crashers: bool) -> Outcome:
    """Answers are written into the organiser's object, those to instances without a component into one of their own."""
    done: list[tuple[Node, _Voice]] = []
    outcome: Outcome = Ignored("no_such_instance")
    delegates: dict[Address, None] = {}
    people, answered = _people(known), _answerable(known, said)
    for key, node in said.parts():
        voice = _voice(people, node, sender)
        if isinstance(voice, Refused):
            return voice
        if participation(voice.said) not in PARTICIPATION.get(said.component, frozenset()):
            return Refused("participation")
        if voice.crasher and not crashers:
            return Refused("not_invited")
        target = _target(known, key, node, answered)
        if target is None:
            continue
        wrong = _late(target, node, voice)
        if wrong:
            outcome = Ignored(wrong)
            continue
        known.put(key, target)
        delegates |= dict.fromkeys(_write(known, key, target, node, voice))
        done.append((node, voice))
    if not done:
        return outcome
    node, voice = done[0]
    return Answered(
        object_of(known),
        attendee=voice.address,
        participation=participation(voice.said),
        recurrence_ids=tuple(
            each.value("RECURRENCE-ID") for each, _ in done if each.first("RECURRENCE-ID") is not None
        ),
        comment=node.text("COMMENT"),
        crasher=voice.crasher,
        delegates=tuple(delegates),
        sent_by=voice.sent_by,
    )


def _answerable(known: Series, said: Series) -> set[Key]:
    """The instances without a component that take place, of those that are spoken of."""
    master = known.master
    if master is None or cancelled(master):
        return set()
    return occurring(master, said.overrides.keys() - known.overrides.keys()) - exdates(master)


def _target(known: Series, key: Key | None, said: Node, answerable: set[Key]) -> Node | None:
    """The component that is answered to; of an instance without one, one that says what the series says."""
    found = known.at(key)
    if found is not None or key is None:
        return None if found is None or cancelled(found) else found
    line = said.first("RECURRENCE-ID")
    return known.instance(key, line) if line is not None and key in answerable else None


def _late(target: Node, said: Node, voice: _Voice) -> str:
    """Why an answer does not count: it is to what has been rescheduled since, or older than another one."""
    if sequence_of(said) < answers_from(target):
        return "stale"
    lines = lines_for(target, [voice.address])
    last = max((line.param(ANSWERED_AT) for line in lines), default="")
    at = write_moment(stamp_of(said), utc=True)
    if last and at < last:
        return "stale"
    same = lines and all(participation(line) == participation(voice.said) for line in lines)
    return "repeated" if same and at == last else ""


def _write(known: Series, key: Key | None, target: Node, said: Node, voice: _Voice) -> list[Address]:
    """The answer into a component; of a whole series also into those instances that nothing else was said to."""
    nodes = [target]
    if key is None:
        nodes += [each for each in known.overrides.values() if _follows(each, said, voice)]
    delegates: list[Address] = []
    for node in nodes:
        if not lines_for(node, [voice.address]):
            node.lines.append(_newcomer(known, voice))
        for line in lines_for(node, [voice.address]):
            delegates += _answer(node, line, said, voice)
    return delegates


def _follows(node: Node, said: Node, voice: _Voice) -> bool:
    """Whether an instance is answered to with its series: the attendee has said nothing to it, and knew when it is."""
    lines = lines_for(node, [voice.address])
    unsaid = bool(lines) and all(participation(line) == NEEDS_ACTION for line in lines)
    return unsaid and not cancelled(node) and sequence_of(said) >= answers_from(node)


def _newcomer(known: Series, voice: _Voice) -> Line:
    """Who was not invited to it. Who has been to another instance of the series is no stranger."""
    changes: dict[str, str | None] = {"RSVP": None, "SENT-BY": None}
    if voice.crasher:
        changes[UNINVITED] = "TRUE"
    old = next((line for node in known.nodes() for line in lines_for(node, [voice.address])), voice.said)
    return with_params(old if not voice.crasher else _plain(voice.said), changes)


def _plain(line: Line) -> Line:
    kept = {name: values for name, values in line.params.items() if name in ("CN", "CUTYPE", "PARTSTAT")}
    return made("ATTENDEE", line.value, kept)


def _answer(node: Node, line: Line, said: Node, voice: _Voice) -> list[Address]:
    state = participation(voice.said)
    to = [a for uri in voice.said.params.get("DELEGATED-TO", ())[:MAX_DELEGATES] if is_mail(a := address_of(uri))]
    status = said.value("REQUEST-STATUS").split(";", 1)[0]
    changes: dict[str, str | tuple[str, ...] | None] = {
        "PARTSTAT": state,
        "RSVP": None,
        ANSWERED_AT: write_moment(stamp_of(said), utc=True),
        "SCHEDULE-STATUS": status if status[:1] in ("2", "3", "4", "5") and len(status) <= 6 else "2.0",
    }
    if state == DELEGATED and to:
        changes["DELEGATED-TO"] = tuple(map(uri_of, to))
    replaced(node, line, with_params(line, changes))
    if state != DELEGATED:
        return []
    present = {who(each) for each in attendees(node)}
    new = [address for address in dict.fromkeys(to) if address not in present]
    for address in new:
        params = {"PARTSTAT": NEEDS_ACTION, "RSVP": "TRUE", "DELEGATED-FROM": line.value}
        role = {"ROLE": line.param("ROLE")} if line.param("ROLE") else {}
        node.lines.append(attendee_line(address, {**params, **role}))
    return new


def countered(known: Series, said: Series, sender: Sender) -> Outcome:
    """A proposal is for the organiser to look at; nobody who is not invited makes one."""
    node = next(said.nodes())
    voice = _voice(_people(known), node, sender)
    if isinstance(voice, Refused):
        return voice
    if voice.crasher:
        return Refused("not_invited")
    key = next(iter(said.overrides), None) if said.master is None else None
    target = _target(known, key, node, _answerable(known, said))
    if target is None:
        return Ignored("no_such_instance")
    if sequence_of(node) < answers_from(target):
        return Ignored("stale")
    start = node.first("DTSTART")
    return Proposed(
        attendee=voice.address,
        start=node.value("DTSTART"),
        end=node.value("DTEND") or node.value("DUE") or node.value("DURATION"),
        zone=start.param("TZID") if start is not None else "",
        recurrence_id=node.value("RECURRENCE-ID"),
        comment=node.text("COMMENT"),
        proposal=object_of(said),
    )


def refreshed(known: Series, said: Series, sender: Sender, recipient: frozenset[Address], now: datetime) -> Outcome:
    voice = _voice(_people(known), next(said.nodes()), sender)
    if isinstance(voice, Refused):
        return voice
    if voice.crasher:
        return Refused("not_invited")
    return Refreshed(tuple(request_to(known, voice.address, recipient, now)))
