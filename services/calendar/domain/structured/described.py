"""A component as fields: what REST says of it. Texts are plain, and links are of the web alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.calendar.domain.companions import DOCUMENT, MEETING
from services.calendar.domain.itip.lists import lists_of
from services.calendar.domain.itip.people import UNINVITED
from services.calendar.domain.itip.phrases import ENGLISH, FRENCH, Phrases
from services.calendar.domain.itip.rule_words import rule_words
from services.calendar.domain.itip.status import Delivery, delivery_of
from services.calendar.domain.objects import Attendee, CalendarObject
from services.calendar.domain.objects.alarms import alarms_of
from services.calendar.domain.objects.facts import attendee_of, conference_of
from services.calendar.domain.objects.lines import Line, texts_of
from services.calendar.domain.objects.links import OF_FILES, safe_link
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.spans import span_of
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import datetime_of, read_moment, read_number, write_moment
from services.calendar.domain.objects.zones import KnownZone, Zone
from services.calendar.domain.structured.composing import alarm_of
from services.calendar.domain.structured.fields import Alarm, Document

MAX_LISTED = 500
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class When:
    """`local` as REST writes it, on the clock of `zone`, which is empty for whole days; `moment` in seconds UTC."""

    local: str
    zone: str
    moment: int


@dataclass(frozen=True)
class Invited:
    """An attendee, and what is known of the invitation: `uninvited` has none, `lists` are those by which it came.
    `delivery` is the organiser's to know; None where nothing is known of it."""

    attendee: Attendee
    uninvited: bool
    delivery: Delivery | None
    lists: tuple[str, ...]


@dataclass(frozen=True)
class Attached:
    filename: str
    media_type: str
    url: str
    octets: int


@dataclass(frozen=True)
class Recurring:
    """`rule` is the first rule; `rules` are all, as they stand."""

    rule: Rule | None
    until: str
    rules: tuple[str, ...]
    added: tuple[str, ...]
    excluded: tuple[str, ...]
    french: str
    english: str


def when(node: Node, series: Series) -> tuple[When | None, When | None]:
    """Begin and end of a component; of neither, where it has no time."""
    span = span_of(node, series.zones)
    if span is None:
        return None, None
    if span.start is None:
        due = node.first("DUE")
        moment = read_moment(due.value) if due is not None else None
        if due is None or moment is None:
            return None, None
        return None, _when(span.end, series.clock(due), whole_days=moment.date)
    start = _when(span.begin, span.zone, whole_days=span.start.date)
    closing = node.first("DTEND") or node.first("DUE")
    zone = series.clock(closing) if closing is not None and not span.start.date else span.zone
    ends = closing is not None or node.first("DURATION") is not None or node.name == "VEVENT"
    return start, _when(span.end, zone, whole_days=span.start.date) if ends else None


def _when(moment: int, zone: Zone, *, whole_days: bool) -> When:
    local = datetime_of(zone.local(moment))
    if whole_days:
        return When(local.date().isoformat(), "", moment)
    return When(local.isoformat(), zone.name if isinstance(zone, KnownZone) else zone.name or "UTC", moment)


def recurring(node: Node, series: Series) -> Recurring | None:
    """None for what does not recur."""
    if not series.recurring:
        return None
    rules = tuple(line.value.strip() for line in node.every("RRULE"))
    read = read_rule(rules[0]) if rules else None
    rule = read if isinstance(read, Rule) else None
    return Recurring(
        rule=rule,
        until=_until(rule, series),
        rules=rules,
        added=tuple(name_of(begin, series) for begin, _ in series.dates[:MAX_LISTED]),
        excluded=tuple(name_of(begin, series) for begin in sorted(series.excluded)[:MAX_LISTED]),
        french=_words(rules, node, FRENCH),
        english=_words(rules, node, ENGLISH),
    )


def _words(rules: Sequence[str], node: Node, language: Phrases) -> str:
    return " ; ".join(filter(None, (rule_words(rule, node, language) for rule in rules)))


def _until(rule: Rule | None, series: Series) -> str:
    """The last day on the clock of the series."""
    if rule is None or rule.until is None or series.span is None:
        return ""
    local = series.span.zone.local(rule.until.local) if rule.until.utc else rule.until.local
    return datetime_of(local).date().isoformat()


def name_of(recurrence: int, series: Series) -> str:
    """An instance's recurrence id, as REST names it."""
    span = series.span
    if span is not None and span.start is not None and span.start.date:
        return write_moment(span.zone.local(recurrence), is_date=True)
    return write_moment(recurrence, utc=True)


def changed_instances(thing: CalendarObject, series: Series) -> tuple[str, ...]:
    """Those that differ from the series."""
    found = (series.recurrence_of(node) for node in thing.override_nodes)
    return tuple(name_of(each, series) for each in sorted(each for each in found if each is not None))[:MAX_LISTED]


def attendees(node: Node) -> list[Invited]:
    return [
        Invited(
            attendee_of(line), line.param(UNINVITED).upper() == "TRUE", delivery_of(line), tuple(lists_of(line))[:20]
        )
        for line in node.every("ATTENDEE")
    ]


def organizer(node: Node) -> Attendee | None:
    line = node.first("ORGANIZER")
    return attendee_of(line) if line is not None else None


def reminders(node: Node) -> list[Alarm]:
    return list(dict.fromkeys(alarm_of(facts) for facts in alarms_of(node, 0)))


def categories(node: Node) -> list[str]:
    named = (text.strip() for line in node.every("CATEGORIES") for text in texts_of(line.value))
    return list(dict.fromkeys(filter(None, named)))[:100]


def conference(node: Node) -> tuple[bool, str]:
    """Whether a video meeting is wanted, or there; and where."""
    link = conference_of(node)
    return bool(link or node.value(MEETING)), link


def documents(node: Node) -> list[Document]:
    found = (line for line in node.every("ATTACH") if line.param(DOCUMENT))
    return [Document(line.param(DOCUMENT)[:100], line.param("FILENAME")[:500]) for line in found][:50]


def attachments(node: Node) -> Iterator[Attached]:
    """What is within the event is named, not given: it may be as large as an object (1 MiB)."""
    for line in [each for each in node.every("ATTACH") if not each.param(DOCUMENT)][:MAX_LISTED]:
        media_type = line.param("FMTTYPE")
        yield Attached(
            filename=(line.param("FILENAME") or line.param("X-FILENAME"))[:500],
            media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else "",
            url="" if _is_inline(line) else safe_link(line.value, OF_FILES),
            octets=len(line.value) * 3 // 4 if _is_inline(line) else read_number(line.param("SIZE")),
        )


def _is_inline(line: Line) -> bool:
    return line.param("VALUE").upper() == "BINARY" or line.param("ENCODING").upper() == "BASE64"
