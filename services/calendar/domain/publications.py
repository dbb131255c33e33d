"""What people outside see of a calendar by a secret link, and how it is written."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from chassis.errors import InvalidInput
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.objects.definitions import time_zone
from services.calendar.domain.objects.lines import Line, folded, made, made_text
from services.calendar.domain.objects.tree import Node, mapped
from services.calendar.domain.objects.writing import PRODUCT, tzids_of
from services.calendar.domain.portable import WHEN, WORDS
from services.calendar.domain.privacy import HIDDEN, private_parts
from services.calendar.domain.stored import Stored

MAX_PUBLICATIONS, MAX_LABEL = 20, 200
# How often a client is to ask again (RFC 7986 §5.7, and what Outlook reads).
REFRESH = "PT1H"


class Detail(Enum):
    """How much a link shows."""

    BUSY = "busy"
    WORDS = "words"


@dataclass(frozen=True)
class Publication:
    """`epoch` is that of the calendar when it was made: another one of the same name is not published by it."""

    id: str
    owner: str
    calendar: str
    epoch: str
    digest: str
    detail: Detail
    label: str
    created_at: datetime

    def etag(self, calendar: Calendar) -> str:
        """Of what it shows at the calendar's present state."""
        return hashlib.sha256(f"{self.id} {calendar.sync_token}".encode()).hexdigest()[:32]


def label_given(given: str) -> str:
    """Raises `InvalidInput`."""
    label = given.strip()
    if len(label) > MAX_LABEL or not label.isprintable():
        raise InvalidInput("Not a label", fields={"label": f"at most {MAX_LABEL} characters"})
    return label


class Stream:
    """One VCALENDAR, written in pieces. Each time zone is defined once, before the first object that names it."""

    def __init__(self, publication: Publication, calendar: Calendar) -> None:
        self._publication = publication
        self._calendar = calendar
        self._defined: dict[str, bytes] = {}

    def begin(self) -> bytes:
        words = self._publication.detail is Detail.WORDS
        title = self._calendar.title if words else HIDDEN
        lines = [
            made("VERSION", "2.0"), made("PRODID", PRODUCT), made("CALSCALE", "GREGORIAN"), made("METHOD", "PUBLISH"),
            made_text("NAME", title), made_text("X-WR-CALNAME", title), made("X-WR-TIMEZONE", self._calendar.time_zone),
            made("REFRESH-INTERVAL", REFRESH, {"VALUE": "DURATION"}), made("X-PUBLISHED-TTL", REFRESH),
        ]  # fmt: skip
        return ("BEGIN:VCALENDAR\r\n" + "".join(folded(line.raw) for line in lines)).encode()

    def end(self) -> bytes:
        return b"END:VCALENDAR\r\n"

    def object(self, stored: Stored) -> bytes:
        """What is shown of an object, with zones that were not defined yet; nothing where nothing is."""
        facts = stored.facts
        if facts.component not in ("VEVENT", "VTODO"):
            return b""
        given = read_object(stored.content, scheduling=True)
        parts = zip(given.nodes, private_parts(facts), strict=True)
        nodes = [self._shown(node, private=secret) for node, secret in parts]
        if self._publication.detail is Detail.BUSY and not any(map(_takes_time, nodes)):
            return b""
        return b"".join(self._with_zones(given, nodes))

    def _shown(self, node: Node, *, private: bool) -> Node:
        bare = private or self._publication.detail is Detail.BUSY
        kept = WHEN if bare else WHEN | WORDS
        lines = [line for line in node.lines if line.name in kept]
        if bare:
            lines.append(made_text("SUMMARY", HIDDEN))
        shown = Node(node.name, lines, [])
        if bare and (uid := shown.first("UID")) is not None:
            shown.put(made("UID", self._other_uid(uid.text)))
        return shown

    def _other_uid(self, uid: str) -> str:
        """Whoever was sent the invitation does not know the meeting by it."""
        return hashlib.sha256(f"{self._publication.digest} {uid}".encode()).hexdigest()[:40]

    def _with_zones(self, given: CalendarObject, nodes: list[Node]) -> Iterator[bytes]:
        own = {zone.value("TZID"): zone for zone in given.zone_nodes}
        others: dict[str, str] = {}
        for tzid in dict.fromkeys(tzid for node in nodes for tzid in tzids_of(node)):
            zone = time_zone(tzid) or own.get(tzid)
            if zone is None:
                continue
            octets, name, number = zone.octets(), tzid, 1
            # Two programs may mean two things by one name of their own.
            while self._defined.get(name, octets) != octets:
                number += 1
                name = f"{tzid}-{number}"
            if name != tzid:
                others[tzid] = name
            if name not in self._defined:
                self._defined[name] = octets
                defined = zone.copy()
                defined.put(made("TZID", name))
                yield defined.octets()
        for node in nodes:
            yield (mapped(node, lambda line: _renamed(line, others)) if others else node).octets()


def _takes_time(node: Node) -> bool:
    free = node.value("TRANSP").upper() == "TRANSPARENT" or node.value("STATUS").upper() == "CANCELLED"
    return node.name == "VEVENT" and not free


def _renamed(line: Line, others: dict[str, str]) -> Line:
    if (name := others.get(line.param("TZID"))) is None:
        return line
    return made(line.name, line.value, {**line.params, "TZID": name})
