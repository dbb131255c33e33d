"""Who organises and attends, as lines (RFC 5545 §3.8.4): those who stay keep what they answered."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

from chassis.errors import InvalidInput
from services.calendar.domain.objects.addresses import uri_of
from services.calendar.domain.objects.facts import attendee_address
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.reading import MAX_ATTENDEES
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.structured.fields import Fields, Guest

_ANSWERS = {"COMPLETED": "COMPLETED", "IN-PROCESS": "IN-PROCESS", "NEEDS-ACTION": "ACCEPTED"}
ROOMS = frozenset({"ROOM", "RESOURCE"})


@dataclass(frozen=True)
class Organizer:
    """Who invites: whose calendar it is. `aliases` are the other addresses that the same account is invited by."""

    address: str
    name: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def own(self) -> frozenset[str]:
        return frozenset((self.address, *self.aliases))


def people_lines(fields: Fields, base: Node, organizer: Organizer) -> Iterator[Line | str]:
    """ATTENDEE and ORGANIZER as they will be."""
    there = {attendee_address(line): line for line in base.every("ATTENDEE")}
    rooms = {address for address, line in there.items() if line.param("CUTYPE").upper() in ROOMS}
    people = [Guest(address) for address in there if address not in rooms]
    places = [Guest(address, kind="ROOM") for address in there if address in rooms]
    wanted = [*(people if fields.attendees is None else fields.attendees)]
    wanted += places if fields.rooms is None else [_room(each) for each in fields.rooms]
    unique = {each.address: each for each in wanted}
    if len(unique) > MAX_ATTENDEES:
        raise InvalidInput("Too many attendees", fields={"attendees": f"at most {MAX_ATTENDEES}"})
    yield "ATTENDEE"
    if not unique:
        yield "ORGANIZER"
        return
    line = base.first("ORGANIZER")
    inviting = organizer.own if line is None or attendee_address(line) in organizer.own else {attendee_address(line)}
    yield from (_attendee(each, there.get(each.address), inviting) for each in unique.values())
    if line is None:
        yield made("ORGANIZER", uri_of(organizer.address), {"CN": organizer.name} if organizer.name else {})


def answered(base: Node, own: frozenset[str], status: str | None) -> list[Line] | None:
    """ATTENDEE lines of a task of another organiser, once whoever it was given to says how far it is: STATUS is the
    organiser's, PARTSTAT is theirs (RFC 5546 §3.4.3). None for one's own task."""
    organizer, people = base.first("ORGANIZER"), base.every("ATTENDEE")
    if status not in _ANSWERS or organizer is None or attendee_address(organizer) in own:
        return None
    if own.isdisjoint(map(attendee_address, people)):
        return None
    said = {"PARTSTAT": _ANSWERS[status]}
    return [
        made("ATTENDEE", line.value, {**line.params, **said}) if attendee_address(line) in own else line
        for line in people
    ]


def _room(given: Guest) -> Guest:
    return Guest(given.address, given.name, given.role, given.kind or "ROOM")


def _attendee(wanted: Guest, there: Line | None, inviting: Set[str]) -> Line:
    """Who invites comes: nobody asks them, and their own time is taken."""
    said = {"CN": wanted.name, "ROLE": wanted.role, "CUTYPE": wanted.kind}
    if there is not None:
        changed = {name: value for name, value in said.items() if value and there.param(name) != value}
        return made("ATTENDEE", there.value, {**there.params, **changed}) if changed else there
    params = {name: value for name, value in said.items() if value and value not in ("INDIVIDUAL", "REQ-PARTICIPANT")}
    asked = {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
    answer = {"PARTSTAT": "ACCEPTED"} if wanted.address in inviting else asked
    return made("ATTENDEE", uri_of(wanted.address), {**params, **answer})
