"""When people are busy: of one calendar by CALDAV:free-busy-query (RFC 4791 §7.10), of people by POST to the scheduling
outbox (RFC 6638 §5)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response
from workspace.calendar.v1 import availability_pb2

from chassis.errors import InvalidInput, TooLarge
from gateway.edges.dav import folding
from gateway.edges.dav.caldav import rules
from gateway.edges.dav.caldav.times import moment_of, range_of, written
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.kinds import Collection
from gateway.edges.dav.names import caldav
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import XML, document, element, href

if TYPE_CHECKING:
    from gateway.edges.dav.caldav.calendar import CalendarCollection
    from gateway.edges.dav.caldav.outbox import Outbox

LARGEST_REQUEST = 64 * 1024
MOST_PEOPLE = 100
PRODUCT = "-//Espace de travail//Agenda//FR"
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"([A-Za-z0-9-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):(.*)")
_KINDS = {
    availability_pb2.BUSY_KIND_BUSY: "BUSY",
    availability_pb2.BUSY_KIND_TENTATIVE: "BUSY-TENTATIVE",
    availability_pb2.BUSY_KIND_UNAVAILABLE: "BUSY-UNAVAILABLE",
}
_SUCCESS, _INVALID_USER = "2.0;Success", "3.7;Invalid calendar user"


async def free_busy_query(_request: DavRequest, collection: Collection, root: Element) -> Response:
    """Of whoever may know of busy times, and be it nothing else."""
    calendar = cast("CalendarCollection", collection)
    window = range_of(root.find(caldav("time-range")), both=True)
    if window is None:
        raise DavError(403, "A time range is needed", condition=caldav("valid-filter"))
    asked = availability_pb2.QueryCalendarBusyRequest(
        calendar_id=calendar.calendar.id, start=Timestamp(seconds=window.start), end=Timestamp(seconds=window.end)
    )
    try:
        found = await calendar.stubs.availability.QueryCalendarBusy(asked)
    except InvalidInput as error:
        raise DavError(403, error.fields.get("end", error.detail), condition=caldav("valid-filter")) from error
    lines = _component(window.start, window.end, found.periods)
    return Response(_calendar(lines), 200, {"cache-control": "no-store"}, rules.ICALENDAR)


@dataclass(frozen=True)
class Asked:
    """A VFREEBUSY as a client posts it; `attendees` as it names them."""

    uid: str
    organizer: str
    start: int
    end: int
    attendees: Sequence[str]
    # UID of a meeting that does not count (calendarserver.org's X-CALENDARSERVER-MASK-UID).
    masked: str


async def post_to_outbox(request: DavRequest, outbox: "Outbox") -> Response:
    """Raises `DavError` by the rules of RFC 6638 §5.2."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/calendar":
        raise DavError(403, "iCalendar is taken", condition=caldav("supported-calendar-data"))
    try:
        body = await request.body(LARGEST_REQUEST)
    except TooLarge as error:
        raise DavError(403, error.detail, condition=rules.SIZE_CONDITION) from error
    asked = read_request(body)
    if not request.is_own(_address(asked.organizer)):
        raise DavError(403, "The organizer is somebody else", condition=caldav("organizer-allowed"))
    addresses = list(dict.fromkeys(_address(each) for each in asked.attendees if _address(each)))
    wanted = availability_pb2.QueryFreeBusyRequest(
        addresses=addresses,
        start=Timestamp(seconds=asked.start),
        end=Timestamp(seconds=asked.end),
        without_uid=asked.masked,
    )
    try:
        found = await outbox.stubs.availability.QueryFreeBusy(wanted) if addresses else None
    except InvalidInput as error:
        raise _invalid(error.fields.get("end", error.detail)) from error
    people = {each.address: each for each in found.people} if found is not None else {}
    responses = [_response(asked, attendee, people.get(_address(attendee))) for attendee in asked.attendees]
    answer = document(element(caldav("schedule-response"), responses))
    return Response(answer, 200, {"cache-control": "no-store"}, XML)


def _response(asked: Asked, attendee: str, found: availability_pb2.QueryFreeBusyResponse.Person | None) -> Element:
    """One recipient's: who is unknown and who shows nothing are told alike (§5.2)."""
    recipient = element(caldav("recipient"), [href(attendee)])
    if found is None or found.unknown:
        return element(caldav("response"), [recipient, element(caldav("request-status"), _INVALID_USER)])
    people = [f"UID:{asked.uid}", f"ORGANIZER:{asked.organizer}", f"ATTENDEE:{attendee}"]
    lines = _component(asked.start, asked.end, found.periods, people)
    said = [
        recipient,
        element(caldav("request-status"), _SUCCESS),
        element(rules.CALENDAR_DATA, _calendar(lines, "METHOD:REPLY").decode()),
    ]
    return element(caldav("response"), said)


def read_request(body: bytes) -> Asked:
    """One VFREEBUSY with METHOD:REQUEST. Raises `DavError`."""
    try:
        text = _FOLD.sub("", body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _invalid("It is not UTF-8") from None
    said: dict[str, list[str]] = {}
    depth: list[str] = []
    for name, value in _lines(text):
        if name == "BEGIN":
            depth.append(value.upper())
            said.setdefault(f"BEGIN {value.upper()}", []).append(value)
        elif name == "END":
            if not depth or depth.pop() != value.upper():
                raise _invalid("Components do not end as they begin")
        elif depth in (["VCALENDAR"], ["VCALENDAR", "VFREEBUSY"]):
            said.setdefault(name, []).append(value)
    if depth or len(said.get("BEGIN VFREEBUSY", ())) != 1 or len(said.get("BEGIN VCALENDAR", ())) != 1:
        raise _invalid("One VFREEBUSY is needed")
    if [each.upper() for each in said.get("METHOD", ())] != ["REQUEST"]:
        raise DavError(403, "METHOD:REQUEST is needed", condition=caldav("valid-scheduling-message"))
    attendees = list(dict.fromkeys(said.get("ATTENDEE", ())))
    if not 0 < len(attendees) <= MOST_PEOPLE:
        raise _invalid(f"1 to {MOST_PEOPLE} ATTENDEE are needed")
    start, end = (_moment(_one(said, name)) for name in ("DTSTART", "DTEND"))
    if end <= start:
        raise _invalid("It ends before it begins")
    masked = said.get("X-CALENDARSERVER-MASK-UID", [""])[0]
    return Asked(_one(said, "UID"), _one(said, "ORGANIZER"), start, end, attendees, masked)


def _lines(text: str) -> Iterable[tuple[str, str]]:
    # RFC 5545 §3.1 ends them so alone, and Unicode knows more ends.
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line)
        if found is None or any(ord(character) < 32 and character != "\t" for character in line):
            raise _invalid("A line is none")
        yield found[1].upper(), found[3].strip()


def _one(said: dict[str, list[str]], name: str) -> str:
    values = said.get(name, [])
    if len(values) != 1 or not values[0] or len(values[0]) > 1_000:
        raise _invalid(f"One {name} is needed")
    return values[0]


def _moment(text: str) -> int:
    try:
        return moment_of(text)
    except ValueError:
        raise _invalid("A time is a date with UTC time") from None


def _address(uri: str) -> str:
    """The address of a calendar user; empty for what is no mailto."""
    scheme, _, rest = uri.partition(":")
    return rest.strip().lower() if scheme.lower() == "mailto" else ""


def _invalid(detail: str) -> DavError:
    return DavError(403, detail, condition=caldav("valid-calendar-data"))


def _component(
    start: int, end: int, periods: Iterable[availability_pb2.BusyPeriod], people: Sequence[str] = ()
) -> list[str]:
    now = written(int(datetime.now(UTC).timestamp()))
    lines = ["BEGIN:VFREEBUSY", f"DTSTAMP:{now}", f"DTSTART:{written(start)}", f"DTEND:{written(end)}", *people]
    lines += [
        f"FREEBUSY;FBTYPE={_KINDS.get(each.kind, 'BUSY')}:{written(each.start.seconds)}/{written(each.end.seconds)}"
        for each in periods
    ]
    return [*lines, "END:VFREEBUSY"]


def _calendar(lines: Sequence[str], *said: str) -> bytes:
    return folding.written(["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", *said, *lines, "END:VCALENDAR"])
