"""An organiser's object as it is to be stored: SEQUENCE raised, answers kept or asked for anew, DTSTAMP ours.

Versions have to tell which of two messages is the later one, in whatever order they arrive and however often. So what
is raised gets one more than anything that the object had; DTSTAMP grows with every change, by a second at least; and a
series whose instances are taken away from anybody is raised itself, since it is what speaks for instances that nothing
else is said of.
"""

from collections.abc import Iterable

from services.calendar.domain.itip.people import (
    ANSWERED_AT,
    NEEDS_ACTION,
    SERVER,
    UNINVITED,
    agent_of,
    attendees,
    participation,
    replaced,
    with_params,
)
from services.calendar.domain.itip.series import Key, Series, exdates, sequence_of, stamped
from services.calendar.domain.itip.telling import invited, rescheduled, takes_place_otherwise
from services.calendar.domain.objects.addresses import Address, who
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import read_number

# The SEQUENCE from which on answers count: of the last time that anything was rescheduled. LOCATION or a cancelled
# instance raise SEQUENCE too, and an answer that was under way is as good as before.
ANSWERS_FROM = "X-WORKSPACE-ANSWERS-FROM"
_PLACES = frozenset({"ROOM", "RESOURCE"})
# Stamps of objects that come from elsewhere may lie ahead of our clock by this many seconds.
_AHEAD = 3600


def answers_from(node: Node) -> int:
    """The lowest SEQUENCE that an answer may be of."""
    line = node.first(ANSWERS_FROM)
    return min(sequence_of(node), read_number(line.value)) if line is not None else sequence_of(node)


def next_stamp(before: Series | None, now: int) -> int:
    """DTSTAMP of a change: now, and later than that of the change before."""
    last = before.stamp if before is not None else 0
    return max(now, last + 1) if last < now + _AHEAD else now


def as_organised(
    before: Series | None, after: Series, organizer: Iterable[Address], stamp: int, answered: Series | None = None
) -> Series:
    """Applied to its own result it changes nothing but DTSTAMP. What is new has the answers of `answered`, from which
    it goes on."""
    own = frozenset(organizer)
    made_of = after.copy()
    raised = before.sequence + 1 if before is not None else 0
    for key, node in made_of.parts():
        old, known = _known(before, key), _known(before or answered, key)
        again = known is not None and _asks_again(key, known, node)
        _keep_answers(known, node, own, again=again, goes_on=before is None)
        _raise(before, made_of, key, old, raised, again=again, organizer=own)
        node.lines = [_without_force(line) for line in node.lines]
        stamped(node, sequence_of(node), stamp)
    return made_of


def _known(series: Series | None, key: Key | None) -> Node | None:
    """What was said of an instance: of its own, or with its series."""
    if series is None:
        return None
    return series.at(key) or series.master


def _asks_again(key: Key | None, old: Node, node: Node) -> bool:
    """A reschedule (RFC 6638 §3.2.8): other times, or instances that come back."""
    return rescheduled(old, node) or (key is None and bool(exdates(old) - exdates(node)))


def _keep_answers(
    old: Node | None, node: Node, organizer: frozenset[Address], *, again: bool, goes_on: bool = False
) -> None:
    """What attendees said is theirs: an organiser may ask anew by rescheduling, and say nothing for them (RFC 6638
    §3.2.1), but for those whose messages it sends itself. A room that is asked for another series answers anew."""
    known = {who(line): line for line in attendees(old)} if old is not None else {}
    for line in attendees(node):
        address = who(line)
        if address in organizer or agent_of(line) != SERVER:
            continue
        kept = known.get(address)
        if kept is None or again or (goes_on and line.param("CUTYPE").upper() in _PLACES):
            changes: dict[str, str | None] = {ANSWERED_AT: None}
            if participation(line) != NEEDS_ACTION or again:
                changes["PARTSTAT"] = NEEDS_ACTION
            changes["RSVP"] = "TRUE" if again else line.param("RSVP") or "TRUE"
        else:
            changes = {name: kept.param(name) or None for name in ("PARTSTAT", ANSWERED_AT, UNINVITED)}
        if any(line.param(name) != (value or "") for name, value in changes.items()):
            replaced(node, line, with_params(line, changes))


def _raise(
    before: Series | None,
    after: Series,
    key: Key | None,
    old: Node | None,
    raised: int,
    *,
    again: bool,
    organizer: frozenset[Address],
) -> None:
    node = after.at(key)
    if node is None or before is None or old is None:
        return
    floor = max(sequence_of(node), sequence_of(old))
    moved = again or takes_place_otherwise(old, node)
    moved = moved or _place(old) != _place(node) or exdates(old) != exdates(node)
    if key is not None and before.at(key) is None:
        # A new override; EXDATE is of series.
        moved = again or _place(old) != _place(node)
    left = bool(set(invited(old, organizer)) - set(invited(node, organizer)))
    if key is None:
        left = left or _takes_away(before, after, organizer)
    elif before.master is not None and after.master is not None:
        gone = set(invited(before.master, organizer)) - set(invited(after.master, organizer))
        left = left or bool(gone & set(invited(node, organizer)))
    if not moved and not left:
        _put_sequence(node, floor)
        _floor(node, answers_from(old) if old.first(ANSWERS_FROM) is not None else None)
        return
    _put_sequence(node, max(floor, raised))
    _floor(node, None if again else answers_from(old))


def _place(node: Node) -> tuple[str, str]:
    """What raises SEQUENCE beside times (RFC 5546 §2.1.4)."""
    return node.value("STATUS").upper() or "CONFIRMED", node.value("LOCATION")


def _takes_away(before: Series, after: Series, organizer: frozenset[Address]) -> bool:
    """Whether anybody of the series loses an instance, or an instance is as the series says again."""
    if any(key not in after.overrides for key in before.overrides):
        return True
    everybody = set(invited(before.master, organizer)) if before.master is not None else set()
    for key, node in after.overrides.items():
        old = before.overrides.get(key)
        had = set(invited(old, organizer)) if old is not None else everybody
        if had - set(invited(node, organizer)):
            return True
    return False


def _put_sequence(node: Node, sequence: int) -> None:
    if sequence_of(node) != sequence:
        node.put(made("SEQUENCE", str(sequence)))


def _floor(node: Node, sequence: int | None) -> None:
    node.drop(ANSWERS_FROM)
    if sequence is not None and sequence < sequence_of(node):
        node.lines.append(made(ANSWERS_FROM, str(sequence)))


def _without_force(line: Line) -> Line:
    """A wish to send is fulfilled once (RFC 6638 §7.2)."""
    if line.name not in ("ATTENDEE", "ORGANIZER") or not line.param("SCHEDULE-FORCE-SEND"):
        return line
    return with_params(line, {"SCHEDULE-FORCE-SEND": None})
