"""The letter beside a scheduling message (iMIP, RFC 6047), for those who read it without a calendar.

What others wrote is bounded and stands on one line, so that it can neither add fields to a header nor lines that look
like ours.
"""

import re
from dataclasses import dataclass

from services.calendar.domain.itip.messages import Message
from services.calendar.domain.itip.people import attendees, participation
from services.calendar.domain.itip.phrases import ENGLISH, FRENCH, Phrases
from services.calendar.domain.itip.rule_words import rule_words
from services.calendar.domain.itip.series import Series, length_of, moment_of, timing
from services.calendar.domain.objects.addresses import address_of, who
from services.calendar.domain.objects.lines import Line
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, Moment, datetime_of
from services.calendar.domain.objects.zones import known_zone

LONGEST_SUBJECT, LONGEST_LINE, LONGEST_COMMENT, LONGEST_DESCRIPTION = 200, 300, 2_000, 5_000
MOST_NAMES, MOST_INSTANCES = 20, 10
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_LINK = re.compile(r"https?://[\x21-\x7e]{1,500}", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """`subject` is one line; `text` is plain, with `\\n`."""

    subject: str
    text: str


def letter_for(message: Message, author: str) -> Letter:
    """French, then English. `author` is the name of who writes: the organiser, or the attendee who answers."""
    kind = _kind(message)
    summary = line(message.summary, LONGEST_SUBJECT)
    names = list(dict.fromkeys([FRENCH.subjects[kind], ENGLISH.subjects[kind]]))
    subject = line(f"{' / '.join(names)} : {summary}", LONGEST_SUBJECT)
    name = line(author, 100)
    text = f"{_body(message, kind, name, FRENCH)}\n\n—\n\n{_body(message, kind, name, ENGLISH)}\n"
    return Letter(subject, text)


def line(text: str, most: int) -> str:
    """On one line, cut where it is long; without what turns the direction of writing."""
    plain = " ".join(_CONTROL.sub(" ", text).encode("utf-8", "replace").decode().split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _kind(message: Message) -> str:
    if message.method == "REQUEST":
        return "NEW" if message.was is None else "CHANGED"
    if message.method != "REPLY":
        return message.method if message.method in FRENCH.subjects else "ANSWER"
    said = next((participation(each) for node in message.series.nodes() for each in attendees(node)), "")
    return said if said in FRENCH.openings else "ANSWER"


def _body(message: Message, kind: str, author: str, words: Phrases) -> str:
    nodes = list(message.series.nodes())[:MOST_INSTANCES]
    to = ", ".join(_delegates(nodes[0])) or "?"
    rows = [words.openings[kind].replace("{who}", author).replace("{to}", to)]
    if kind == "CHANGED" and (changes := _changes(message, words)):
        rows.append(changes)
    rows.append("")
    for node in nodes[:1] if message.series.master is not None else nodes:
        rows += _told(node, kind, words, _before(message.was, node))
    comment = line(message.comment or nodes[0].text("COMMENT"), LONGEST_COMMENT)
    rows += [f"{words.labels['comment']} : {comment}"] if comment else []
    if kind in ("NEW", "CHANGED", "ADD") and (description := _description(nodes[0])):
        rows += ["", description]
    return "\n".join(rows)


def _told(node: Node, kind: str, words: Phrases, was: Node | None) -> list[str]:
    labels = words.labels
    found = [(labels["what"], line(node.text("SUMMARY"), LONGEST_LINE))]
    if kind == "COUNTER" and was is not None:
        found += [(labels["when"], when(was, words)), (labels["proposed"], when(node, words))]
    else:
        found.append((labels["when"], when(node, words)))
    if was is not None and kind == "CHANGED" and timing(was)[:2] != timing(node)[:2]:
        found.append((labels["was"], when(was, words)))
    rules = [rule_words(each.value, node, words) for each in node.every("RRULE")]
    found += [(labels["repeats"], "; ".join(each for each in rules if each))]
    found += [(labels["where"], line(node.text("LOCATION"), LONGEST_LINE)), (labels["link"], link_of(node))]
    organizer = node.first("ORGANIZER")
    found += [(labels["who"], _name(organizer) if organizer is not None else "")]
    if kind in ("NEW", "CHANGED", "ADD"):
        found.append((labels["with"], _names(node, words)))
    return [f"{label} : {said}" for label, said in found if said]


def when(node: Node, words: Phrases) -> str:
    """From when to when, by the clock of the event, whose zone is named."""
    first = node.first("DTSTART") or node.first("DUE")
    start = moment_of(first) if first is not None else None
    if start is None:
        return ""
    length = max(0, length_of(node))
    if start.date:
        last = start.local + max(length, DAY) - DAY
        begins = words.date(datetime_of(start.local))
        same = last == start.local
        return f"{begins}, {words.all_day}" if same else f"{begins} {words.to} {words.date(datetime_of(last))}"
    end = start.local + length
    text = f"{words.date(datetime_of(start.local))}, {_clock(start.local)}"
    if length:
        another_day = end // DAY != start.local // DAY
        text += f" – {words.date(datetime_of(end)) + ', ' if another_day else ''}{_clock(end)}"
    return f"{text}{_zone(start)}"


def _clock(local: int) -> str:
    return f"{local % DAY // 3600:02d}:{local // 60 % 60:02d}"


def _zone(moment: Moment) -> str:
    if moment.floating:
        return ""
    name = "UTC" if moment.utc else line(moment.tzid, 60)
    zone = known_zone(moment.tzid) if moment.tzid else None
    if moment.utc or zone is None:
        return f" ({name})"
    ahead = (moment.local - zone.moment(moment.local)) // 60
    return f" ({name}, UTC{'-' if ahead < 0 else '+'}{abs(ahead) // 60:02d}:{abs(ahead) % 60:02d})"


def link_of(node: Node) -> str:
    """Of the video meeting: CONFERENCE (RFC 7986), or URL; nothing that is no web address."""
    for each in [*node.every("CONFERENCE"), *node.every("URL")]:
        if _LINK.fullmatch(each.value.strip()):
            return each.value.strip()
    return ""


def _name(person: Line) -> str:
    name, address = line(person.param("CN"), 100), line(who(person), 100)
    return f"{name} <{address}>" if name and name != address else address


def _names(node: Node, words: Phrases) -> str:
    people = attendees(node)
    names = [_name(person) for person in people[:MOST_NAMES]]
    more = len(people) - len(names)
    return ", ".join([*names, *([words.more.format(more)] if more > 0 else [])])


def _delegates(node: Node) -> list[str]:
    found = [uri for person in attendees(node) for uri in person.params.get("DELEGATED-TO", ())]
    return [line(address_of(uri) or uri, 100) for uri in found[:3]]


def _description(node: Node) -> str:
    rows = (line(row, 1_000) for row in node.text("DESCRIPTION")[:LONGEST_DESCRIPTION].splitlines())
    return "\n".join(f"> {row}" for row in rows).strip()


def _before(was: Series | None, node: Node) -> Node | None:
    if was is None:
        return None
    rid = node.value("RECURRENCE-ID")
    return next((each for each in was.nodes() if each.value("RECURRENCE-ID") == rid), None)


def _changes(message: Message, words: Phrases) -> str:
    node = next(message.series.nodes())
    old = _before(message.was, node)
    if old is None:
        return ""
    pairs = {
        "when": (timing(old)[:2], timing(node)[:2]),
        "repeats": (timing(old)[2:], timing(node)[2:]),
        "what": (old.text("SUMMARY"), node.text("SUMMARY")),
        "where": (old.text("LOCATION"), node.text("LOCATION")),
        "link": (link_of(old), link_of(node)),
        "description": (old.text("DESCRIPTION"), node.text("DESCRIPTION")),
    }
    changed = [words.changed[name] for name, (before, after) in pairs.items() if before != after]
    return f"{words.changed['intro']}{', '.join(changed)}." if changed else ""
