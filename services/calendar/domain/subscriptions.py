"""Calendars of other servers that somebody subscribed to: where they are, when they are fetched, what is taken."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from chassis.errors import InvalidInput, WorkspaceError
from services.calendar.domain.objects import CalendarObject, read_object, serialise
from services.calendar.domain.objects.lines import Line, made, made_text
from services.calendar.domain.objects.tree import Bounds, Node, clean_text, read_tree
from services.calendar.domain.objects.values import read_duration
from services.calendar.domain.objects.writing import by_tzid
from services.calendar.domain.portable import WHEN, WORDS

MAX_SUBSCRIPTIONS, MAX_OBJECTS = 20, 10_000
MAX_OCTETS = 8 * 1024 * 1024
# Of what is kept: each event has the definitions of its zones with it, which the file has once.
MAX_KEPT = 64 * 1024 * 1024
MAX_URL = 2000
# How often what changes is asked for: as the file says, within bounds.
SHORTEST, USUAL, LONGEST = timedelta(minutes=15), timedelta(hours=1), timedelta(days=7)
# After failures, each time twice as late.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)
# Its owner may ask again so soon.
BY_HAND = timedelta(minutes=1)
_BOUNDS = Bounds(lines=400_000, line=262_144, nodes=60_000)
_TAKEN = WHEN | WORDS | {"CLASS", "URL"}
_ALARM = frozenset({"TRIGGER", "DURATION", "REPEAT", "DESCRIPTION"})


@dataclass(frozen=True)
class Subscription:
    """`calendar` is the calendar's whole id, `epoch` its own. `url` may be a secret of its owner. `error` is why the
    last try failed, empty when it did not; what was there stays."""

    calendar: str
    owner: str
    epoch: str
    url: str
    alarms: bool
    due_at: datetime
    every: timedelta = USUAL
    # What the server said of what we have (RFC 9110 §8.8), and what that was.
    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    fetched_at: datetime | None = None
    changed_at: datetime | None = None
    failures: int = 0
    error: str = ""
    # Events of the last file that could not be read.
    skipped: int = 0

    @property
    def host(self) -> str:
        """Whose server it is at: of one, one thing is asked at a time."""
        return urlsplit(self.url).hostname or ""

    def failed(self, error: str, now: datetime, retry_after: timedelta = timedelta()) -> "Subscription":
        pause = min(FIRST_PAUSE * 2 ** min(self.failures, 12), LONGEST_PAUSE)
        wait = min(max(pause, retry_after), LONGEST)
        return replace(self, failures=self.failures + 1, error=error[:300], due_at=now + wait)

    def fetched(self, now: datetime, every: timedelta) -> "Subscription":
        return replace(self, failures=0, error="", fetched_at=now, every=every, due_at=now + every)


class Taken(NamedTuple):
    """Objects of a file by their names, and how many could not be read. `every` is how often to ask."""

    objects: dict[str, CalendarObject]
    skipped: int
    every: timedelta


def url_given(given: str) -> str:
    """The address of a calendar; `webcal` is https. Raises `InvalidInput`."""
    url = given.strip()
    scheme, colon, rest = url.partition("://")
    scheme = {"webcal": "https", "webcals": "https"}.get(scheme.lower(), scheme.lower())
    if not colon or scheme not in ("http", "https") or len(url) > MAX_URL or not url.isprintable() or " " in url:
        raise InvalidInput("Not the address of a calendar", fields={"url": "https://…, at most 2000 characters"})
    return f"{scheme}://{rest}"


def take(octets: bytes, subscription: Subscription) -> Taken:
    """What is kept of a file. Raises `InvalidInput` for what is no calendar, or holds too much.

    Scheduling stays outside: METHOD and who is invited are dropped, and UIDs become the subscription's own, so that no
    file comes between a meeting and its invitations.
    """
    top = read_tree(clean_text(octets, lenient=True).encode(), _BOUNDS)
    calendars = [each for each in top if each.name == "VCALENDAR"]
    if not calendars or len(calendars) != len(top):
        raise InvalidInput("It is not a calendar")
    zones = by_tzid(node for each in calendars for node in each.nodes if node.name == "VTIMEZONE")
    grouped: dict[str, list[Node]] = {}
    for each in calendars:
        for node in each.nodes:
            if node.name in ("VEVENT", "VTODO"):
                grouped.setdefault(_uid(node, subscription), []).append(node)
    if len(grouped) > MAX_OBJECTS:
        raise InvalidInput(f"It holds more than {MAX_OBJECTS} events")
    found: dict[str, CalendarObject] = {}
    skipped, octets_kept = 0, 0
    for uid, nodes in grouped.items():
        try:
            kept = [_kept(node, uid, alarms=subscription.alarms) for node in nodes]
            # A series of which some instances were sent alone has no master.
            found[f"{uid}.ics"] = read_object(serialise(*kept, zones=zones), scheduling=True)
            octets_kept += len(found[f"{uid}.ics"].octets)
        except WorkspaceError:
            skipped += 1
        if octets_kept > MAX_KEPT:
            raise InvalidInput(f"Its events have more than {MAX_KEPT} octets with their time zones")
    return Taken(found, skipped, _every(calendars))


def _uid(node: Node, subscription: Subscription) -> str:
    given = node.value("UID") or hashlib.sha256(node.octets()).hexdigest()
    return hashlib.sha256(f"{subscription.epoch} {given}".encode()).hexdigest()[:40]


def _kept(node: Node, uid: str, *, alarms: bool) -> Node:
    lines = [line for line in node.lines if line.name in _TAKEN and _is_sound(line)]
    kept = Node(node.name, lines, [_alarm(each) for each in node.nodes if alarms and each.name == "VALARM"])
    kept.put(made("UID", uid))
    # Many servers say "now" each time: without METHOD it is when the event was changed (RFC 5545 §3.8.7.2).
    changed = node.value("LAST-MODIFIED") or node.value("CREATED")
    kept.put(made("DTSTAMP", changed if changed.endswith("Z") else "19700101T000000Z"))
    return kept


def _is_sound(line: Line) -> bool:
    return line.name != "URL" or line.value.strip().lower().startswith(("https://", "http://"))


def _alarm(node: Node) -> Node:
    lines = [line for line in node.lines if line.name in _ALARM]
    if not any(line.name == "DESCRIPTION" for line in lines):
        lines.append(made_text("DESCRIPTION", "Rappel"))
    return Node("VALARM", [made("ACTION", "DISPLAY"), *lines])


def _every(calendars: Iterable[Node]) -> timedelta:
    """RFC 7986 §5.7, or what Outlook writes."""
    for calendar in calendars:
        for name in ("REFRESH-INTERVAL", "X-PUBLISHED-TTL"):
            length = read_duration(calendar.value(name))
            if length is not None:
                return min(max(timedelta(seconds=length.total), SHORTEST), LONGEST)
    return USUAL
