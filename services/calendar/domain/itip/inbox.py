"""The scheduling inbox and outbox of CalDAV (RFC 6638 §2.1, §2.2, §4, §5): what is put into the one, and what is posted
to the other. XML and HTTP are the edge's."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import Forbidden, InvalidInput
from services.calendar.domain.itip.addresses import Address
from services.calendar.domain.itip.outcomes import Ignored, Outcome, Published, Refused
from services.calendar.domain.itip.people import attendees, organizer_of, who
from services.calendar.domain.itip.series import moment_of, seconds_of
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.reading import CalendarObject, read_object
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, write_moment
from services.calendar.domain.objects.writing import serialise

MAX_ASKED = 200
MAX_SPAN = 366 * DAY
# RFC 5546 §3.6, as schedule-response gives them (RFC 6638 §10.2).
SUCCESS, UNKNOWN_USER, NO_AUTHORITY, UNAVAILABLE = (
    "2.0;Success",
    "3.7;Invalid Calendar User",
    "3.8;No authority",
    "5.1;Service unavailable",
)
BUSY_TYPES = ("BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE", "FREE")


@dataclass(frozen=True)
class InboxEntry:
    """A resource of the inbox. Its name is of its content: the same message twice is one."""

    name: str
    content: bytes


def inbox_entry(message: CalendarObject, outcome: Outcome) -> InboxEntry | None:
    """What a recipient's clients find there of a message (§4.1): the message as it came, METHOD and all; nothing of one
    that was refused, did nothing, or is for nobody's calendar."""
    if isinstance(outcome, Ignored | Refused | Published):
        return None
    return InboxEntry(f"{hashlib.sha256(message.octets).hexdigest()[:32]}.ics", message.octets)


@dataclass(frozen=True)
class Asked:
    """Somebody whose time is asked for: as the client wrote it, and the address that it is (empty: nobody's)."""

    line: Line
    uri: str
    address: Address


@dataclass(frozen=True)
class FreeBusyRequest:
    """When are these people free: from `start` to `end`, seconds since 1970 in UTC."""

    uid: str
    organizer: Address
    start: int
    end: int
    asked: tuple[Asked, ...]
    node: Node


@dataclass(frozen=True)
class Busy:
    """A period, in seconds UTC, and what it is (FBTYPE, RFC 5545 §3.2.9)."""

    start: int
    end: int
    kind: str = "BUSY"


@dataclass(frozen=True)
class ResponsePart:
    """One CALDAV:response of a schedule-response (RFC 6638 §10.2). `content` is a VFREEBUSY with METHOD:REPLY; None
    where the status is no success."""

    recipient: str
    request_status: str
    content: bytes | None


def read_freebusy_request(octets: bytes, owner: frozenset[Address]) -> FreeBusyRequest:
    """What a client posts to its outbox (RFC 6638 §5.1). `owner` are the addresses of the outbox' owner.

    Raises `TooLarge`, `InvalidInput` (field `rule`: `valid-scheduling-message`, or what `read_object` says), and
    `Forbidden` (`valid-organizer`: somebody else's)."""
    given = read_object(octets, scheduling=True)
    node = given.master_node
    if given.component != "VFREEBUSY" or given.method != "REQUEST" or node is None:
        raise _invalid("is no request for busy time")
    start, end = _utc(node, "DTSTART"), _utc(node, "DTEND")
    if not 0 < end - start <= MAX_SPAN:
        raise _invalid("does not ask for a time of at most a year")
    organizer = organizer_of(node)
    if organizer not in owner:
        raise Forbidden("Busy time is asked for in one's own name", fields={"rule": "valid-organizer"})
    people = attendees(node)
    if not 0 < len(people) <= MAX_ASKED:
        raise _invalid(f"asks for nobody, or for over {MAX_ASKED} people")
    asked = {(who(line) or line.value): Asked(line, line.value, who(line)) for line in people}
    return FreeBusyRequest(given.uid, organizer, start, end, tuple(asked.values()), node)


def _utc(node: Node, name: str) -> int:
    line = node.first(name)
    moment = moment_of(line) if line is not None else None
    if moment is None or not moment.utc:
        raise _invalid(f"has no {name} in UTC")
    return moment.local


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(
        f"That is not a scheduling message: {why}", fields={"rule": "valid-scheduling-message", "calendar": why}
    )


def freebusy_response(
    request: FreeBusyRequest, found: Mapping[Address, Iterable[Busy] | str], now: datetime
) -> list[ResponsePart]:
    """One part for each who was asked for, in that order: `found` has the busy periods of an address, or the status
    that says why there are none; who is not in it is not known."""
    return [_part(request, each, found.get(each.address, UNKNOWN_USER), now) for each in request.asked]


def _part(request: FreeBusyRequest, asked: Asked, found: Iterable[Busy] | str, now: datetime) -> ResponsePart:
    if isinstance(found, str):
        return ResponsePart(asked.uri, found, None)
    lines = [made("UID", request.uid)] if request.uid else []
    lines += [made("DTSTAMP", write_moment(seconds_of(now), utc=True))]
    lines += [line for line in request.node.lines if line.name in ("DTSTART", "DTEND", "ORGANIZER")]
    lines.append(asked.line)
    for busy in sorted(found, key=lambda each: (each.start, each.end)):
        start, end = max(busy.start, request.start), min(busy.end, request.end)
        if start < end and busy.kind in BUSY_TYPES:
            period = f"{write_moment(start, utc=True)}/{write_moment(end, utc=True)}"
            lines.append(made("FREEBUSY", period, {"FBTYPE": busy.kind}))
    return ResponsePart(asked.uri, SUCCESS, serialise(Node("VFREEBUSY", lines), method="REPLY"))
