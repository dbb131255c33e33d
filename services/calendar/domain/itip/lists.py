"""Distribution lists that are invited: their people are attendees of their own, who say of which list they are
(MEMBER, RFC 5545 §3.2.11); the list's line stays, and says what it is (CUTYPE, §3.2.3)."""

from collections.abc import Mapping

from services.calendar.domain.itip.people import NEEDS_ACTION, SERVER, agent_of, attendees, replaced, with_params
from services.calendar.domain.itip.series import Series
from services.calendar.domain.objects.addresses import Address, address_of, uri_of, who
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.reading import MAX_ATTENDEES, CalendarObject
from services.calendar.domain.objects.tree import Node

GROUP = "GROUP"
# What a list may be called by programs that do not know what it is.
_MAYBE = frozenset({"", GROUP, "INDIVIDUAL", "UNKNOWN"})


def newly_invited(before: Series | None, after: Series) -> dict[Address, list[Node]]:
    """Who is invited now and was not, and to which components; only such as may be lists, and whom we are to tell."""
    found: dict[Address, list[Node]] = {}
    for key, node in after.parts():
        old = (before.at(key) or before.master) if before is not None else None
        had = {who(line) for line in attendees(old)} if old is not None else set()
        for line in attendees(node):
            if who(line) not in had and line.param("CUTYPE").upper() in _MAYBE and agent_of(line) == SERVER:
                found.setdefault(who(line), []).append(node)
    return found


def invite_members(node: Node, of: Address, people: Mapping[Address, str], own: frozenset[Address]) -> None:
    """The list's line as one of a list, and after the others its people with their names; whoever is there already
    stays, and says it too where only lists brought it. None of them where they would be too many."""
    line = next(each for each in attendees(node) if who(each) == of)
    if line.param("CUTYPE").upper() != GROUP:
        replaced(node, line, with_params(line, {"CUTYPE": GROUP}))
    there = {who(each): each for each in attendees(node)}
    coming = {address: name for address, name in people.items() if address not in there and address not in own}
    if len(there) + len(coming) > MAX_ATTENDEES:
        return
    role = {"ROLE": line.param("ROLE")} if line.param("ROLE") else {}
    for address in people.keys() & there.keys():
        if lists := lists_of(there[address]):
            params = {**there[address].params, "MEMBER": (*map(uri_of, lists), uri_of(of))}
            replaced(node, there[address], made("ATTENDEE", there[address].value, params))
    said = {**role, "MEMBER": uri_of(of), "PARTSTAT": NEEDS_ACTION, "RSVP": "TRUE"}
    node.lines += [
        made("ATTENDEE", uri_of(address), {**({"CN": name} if name else {}), **said})
        for address, name in coming.items()
    ]


def invited_by_members(*things: CalendarObject | None) -> frozenset[Address]:
    """The lists whose people are invited one by one: nothing else is sent to those."""
    lines = (line for thing in things if thing is not None for node in thing.nodes for line in attendees(node))
    return frozenset(of for line in lines for of in lists_of(line))


def lists_of(line: Line) -> list[Address]:
    """Those by which an attendee is invited."""
    return [address for value in line.params.get("MEMBER", ()) if (address := address_of(value))]
