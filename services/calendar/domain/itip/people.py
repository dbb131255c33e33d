"""Organiser and attendees of a component: who they are, what they said, and who sends their messages."""

from collections.abc import Iterable, Mapping

from services.calendar.domain.objects.addresses import Address, uri_of, who
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.tree import Node

SERVER, CLIENT, NONE = "SERVER", "CLIENT", "NONE"
NEEDS_ACTION, ACCEPTED, DECLINED, TENTATIVE, DELEGATED = (
    "NEEDS-ACTION",
    "ACCEPTED",
    "DECLINED",
    "TENTATIVE",
    "DELEGATED",
)
# RFC 5545 §3.2.12.
PARTICIPATION: Mapping[str, frozenset[str]] = {
    "VEVENT": frozenset({NEEDS_ACTION, ACCEPTED, DECLINED, TENTATIVE, DELEGATED}),
    "VTODO": frozenset({NEEDS_ACTION, ACCEPTED, DECLINED, TENTATIVE, DELEGATED, "COMPLETED", "IN-PROCESS"}),
    "VJOURNAL": frozenset({NEEDS_ACTION, ACCEPTED, DECLINED}),
}
# When an attendee's last answer was written (its DTSTAMP), so that an older one that comes late undoes nothing.
ANSWERED_AT = "X-WORKSPACE-ANSWERED"
# Which letter was the last to this one, by the id of what mail was asked: what becomes of an earlier one is no news.
LETTER = "X-WORKSPACE-LETTER"
# Nobody had invited this attendee.
UNINVITED = "X-WORKSPACE-UNINVITED"


def attendees(node: Node) -> list[Line]:
    return node.every("ATTENDEE")


def organizer_of(node: Node) -> Address:
    line = node.first("ORGANIZER")
    return who(line) if line is not None else ""


def lines_for(node: Node, addresses: Iterable[Address]) -> list[Line]:
    """Every ATTENDEE line of somebody who has several addresses."""
    known = frozenset(addresses)
    return [line for line in attendees(node) if who(line) in known]


def participation(line: Line) -> str:
    return line.param("PARTSTAT").upper() or NEEDS_ACTION


def own_participation(node: Node, addresses: Iterable[Address]) -> str:
    """What somebody said of a component; empty where they are not in it."""
    found = lines_for(node, addresses)
    return participation(found[0]) if found else ""


def agent_of(line: Line) -> str:
    """Who sends the messages (RFC 6638 §7.1); what nobody knows counts as NONE."""
    said = line.param("SCHEDULE-AGENT").upper() or SERVER
    return said if said in (SERVER, CLIENT) else NONE


def with_params(line: Line, changes: Mapping[str, str | tuple[str, ...] | None]) -> Line:
    """The same person with other parameters; None takes one away."""
    params: dict[str, str | tuple[str, ...]] = dict(line.params)
    for name, value in changes.items():
        params.pop(name, None)
        if value is not None:
            params[name] = value
    return made(line.name, line.value, params)


def replaced(node: Node, old: Line, new: Line) -> None:
    node.lines = [new if line is old else line for line in node.lines]


def say(node: Node, addresses: Iterable[Address], said: str) -> None:
    """The answer of somebody, into each of their lines; who has answered is not asked any more."""
    for line in lines_for(node, addresses):
        replaced(node, line, with_params(line, {"PARTSTAT": said, "RSVP": None}))


def attendee_line(address: Address, params: Mapping[str, str]) -> Line:
    return made("ATTENDEE", uri_of(address), params)
