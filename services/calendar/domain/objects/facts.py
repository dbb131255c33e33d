"""What an index needs to know of an object, told once when it is written."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.calendar.domain.objects.addresses import MAX_ADDRESS, Address, address_of, who
from services.calendar.domain.objects.alarms import AlarmFacts, alarms_of
from services.calendar.domain.objects.buckets import buckets_of
from services.calendar.domain.objects.lines import Line, texts_of
from services.calendar.domain.objects.links import OF_MEETINGS, safe_link
from services.calendar.domain.objects.occurrences import Occurrence, Series
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.spans import moment_of
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import EARLIEST, LATEST, read_moment, read_number, unix_of

MAX_OCCURRENCES = 2_000
MAX_TERMS = 200
_HEAD = 500
_WORD = re.compile(r"[^\W_]{2,40}")


@dataclass(frozen=True)
class Attendee:
    """Addresses are as they are compared: that of mail, else the URI as it stands, in lower case."""

    address: str
    name: str = ""
    role: str = "REQ-PARTICIPANT"
    partstat: str = "NEEDS-ACTION"
    cutype: str = "INDIVIDUAL"
    delegated_to: tuple[str, ...] = ()
    delegated_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComponentFacts:
    """Texts are cut to what a list shows. Moments are in seconds UTC; `recurrence` is 0 for a master, `onward` says
    that an override is meant for the instances after it as well."""

    summary: str = ""
    location: str = ""
    description: str = ""
    status: str = ""
    transparent: bool = False
    busy: str = ""
    classification: str = "PUBLIC"
    sequence: int = 0
    stamp: int = 0
    all_day: bool = False
    floating: bool = False
    time_zone: str = ""
    organizer: Attendee | None = None
    attendees: tuple[Attendee, ...] = ()
    url: str = ""
    conference: str = ""
    categories: tuple[str, ...] = ()
    color: str = ""
    recurrence: int = 0
    onward: bool = False
    due: int | None = None
    completed: int | None = None
    percent: int = 0
    priority: int = 0


@dataclass(frozen=True)
class Facts:
    """`occurrences` are known before `until`, all of them where it is None. `first` and `last` are begin and end of all
    of them: `last` is None where they do not end, both are where there are none."""

    uid: str
    component: str
    recurring: bool
    components: tuple[ComponentFacts, ...]
    occurrences: Sequence[Occurrence]
    until: int | None
    first: int | None
    last: int | None
    buckets: tuple[str, ...]
    alarms: tuple[AlarmFacts, ...]
    terms: tuple[str, ...]


def facts_of(thing: CalendarObject, zone: str, horizon: datetime, most: int = MAX_OCCURRENCES) -> Facts:
    """`zone` is that of floating times; occurrences are made up to `horizon`, at most `most`. It raises nothing for
    what `read_object` takes, and ends for every rule."""
    series = Series(thing, zone)
    expansion = series.expand(EARLIEST, unix_of(horizon), most)
    found = tuple(expansion.found)
    alarms = tuple(alarm for at, node in enumerate(thing.nodes) for alarm in alarms_of(node, at))
    ends = [each.end for each in found]
    endless = expansion.until is not None or max(ends, default=LATEST) >= LATEST
    return Facts(
        uid=thing.uid,
        component=thing.component,
        recurring=series.recurring,
        components=tuple(_component(node, series) for node in thing.nodes),
        occurrences=found,
        until=expansion.until,
        first=min((each.start for each in found), default=None),
        last=None if endless else max(ends),
        buckets=buckets_of(
            ((each.start, each.end) for each in found),
            recurring=series.recurring,
            known=expansion.until is None,
        ),
        alarms=alarms,
        terms=_terms(thing.nodes),
    )


def attendee_address(line: Line) -> str:
    """Of an ORGANIZER or ATTENDEE, as it is compared."""
    return _compared(line.value, who(line))


def _compared(uri: str, address: Address = "") -> str:
    return (address or address_of(uri) or uri.strip()).lower()[:MAX_ADDRESS]


def attendee_of(line: Line) -> Attendee:
    params = line.params

    def one(name: str, default: str = "") -> str:
        return (line.param(name) or default).strip()

    return Attendee(
        address=attendee_address(line),
        name=one("CN")[:200],
        role=one("ROLE", "REQ-PARTICIPANT").upper()[:40],
        partstat=one("PARTSTAT", "NEEDS-ACTION").upper()[:40],
        cutype=one("CUTYPE", "INDIVIDUAL").upper()[:40],
        delegated_to=tuple(map(_compared, params.get("DELEGATED-TO", ())[:20])),
        delegated_from=tuple(map(_compared, params.get("DELEGATED-FROM", ())[:20])),
    )


def _component(node: Node, series: Series) -> ComponentFacts:
    start, recurrence = node.first("DTSTART"), node.first("RECURRENCE-ID")
    moment = read_moment(start.value, start.param("TZID")) if start is not None else None
    organizer = node.first("ORGANIZER")
    stamp = read_moment(node.value("DTSTAMP"))
    zones = series.zones
    return ComponentFacts(
        summary=node.text("SUMMARY").strip()[:_HEAD],
        location=node.text("LOCATION").strip()[:_HEAD],
        description=node.text("DESCRIPTION").strip()[:_HEAD],
        status=node.value("STATUS").upper()[:40],
        transparent=_transparent(node),
        busy=(node.value("X-MICROSOFT-CDO-BUSYSTATUS") or node.value("BUSYTYPE")).upper()[:40],
        classification=node.value("CLASS").upper()[:40] or "PUBLIC",
        sequence=max(read_number(node.value("SEQUENCE")), 0),
        stamp=stamp.local if stamp is not None else 0,
        all_day=moment is not None and moment.date,
        floating=moment is not None and moment.floating,
        time_zone="UTC" if moment is not None and moment.utc else (moment.tzid[:200] if moment is not None else ""),
        organizer=attendee_of(organizer) if organizer is not None else None,
        attendees=tuple(attendee_of(line) for line in node.lines if line.name == "ATTENDEE"),
        url=node.value("URL")[:2000],
        conference=conference_of(node),
        categories=_categories(node),
        color=node.value("COLOR")[:40],
        recurrence=(series.recurrence_of(node) or 0) if recurrence is not None else 0,
        onward=recurrence is not None and recurrence.param("RANGE").upper() == "THISANDFUTURE",
        due=moment_of(node, "DUE", zones),
        completed=moment_of(node, "COMPLETED", zones),
        percent=min(max(read_number(node.value("PERCENT-COMPLETE")), 0), 100),
        priority=min(max(read_number(node.value("PRIORITY")), 0), 9),
    )


def _transparent(node: Node) -> bool:
    return node.value("TRANSP").upper() == "TRANSPARENT"


def conference_of(node: Node) -> str:
    """Where a video meeting is: RFC 7986 §5.11, or what some clients write instead."""
    names = ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
    links = (safe_link(line.value, OF_MEETINGS) for name in names for line in node.every(name))
    return next(filter(None, links), "")


def _categories(node: Node) -> tuple[str, ...]:
    named = (text.strip()[:100] for line in node.every("CATEGORIES")[:50] for text in texts_of(line.value)[:50])
    return tuple(dict.fromkeys(text for text in named if text))[:50]


def folded_words(text: str) -> Iterable[str]:
    """Words as a search compares them: without case and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(each for each in plain if not unicodedata.combining(each)))


def _terms(nodes: Iterable[Node]) -> tuple[str, ...]:
    terms: dict[str, None] = {}
    for node in nodes:
        for line in node.lines:
            if line.name in ("SUMMARY", "LOCATION", "DESCRIPTION", "CATEGORIES", "COMMENT"):
                terms.update(dict.fromkeys(folded_words(line.text[:10_000])))
            elif line.name in ("ORGANIZER", "ATTENDEE"):
                terms.update(dict.fromkeys(folded_words(f"{line.param('CN')} {attendee_address(line)}"[:500])))
            if len(terms) >= MAX_TERMS:
                return tuple(sorted(list(terms)[:MAX_TERMS]))
    return tuple(sorted(terms))
