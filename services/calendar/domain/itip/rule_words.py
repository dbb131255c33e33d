"""A rule of recurrence (RFC 5545 §3.3.10) in words."""

from services.calendar.domain.itip.phrases import Phrases
from services.calendar.domain.itip.series import moment_of
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import datetime_of
from services.calendar.domain.objects.zones import known_zone


def rule_words(text: str, node: Node, words: Phrases) -> str:
    """Empty for what is no rule. What has no plain words is said to be special."""
    rule = read_rule(text)
    if isinstance(rule, str) or rule.frequency not in words.every:
        return ""
    one, several = words.every[rule.frequency]
    said = one if rule.interval == 1 else several.format(n=rule.interval)
    said += _days(rule, words) + ("" if _is_plain(text) else words.special)
    if rule.count:
        return said + words.times.format(rule.count)
    return said + words.until.format(words.date(datetime_of(_last(rule, node)))) if rule.until is not None else said


def _days(rule: Rule, words: Phrases) -> str:
    if rule.by_day:
        named = [f"{words.ordinals.get(n, n)} {words.days[day]}" if n else words.days[day] for n, day in rule.by_day]
        return words.on + ", ".join(named)
    return words.on + ", ".join(str(day) for day in rule.by_month_day) if rule.by_month_day else ""


def _is_plain(text: str) -> bool:
    names = {part.partition("=")[0].strip().upper() for part in text.split(";")}
    return names <= {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST"}


def _last(rule: Rule, node: Node) -> int:
    """UNTIL by the clock of the event."""
    if rule.until is None:
        return 0
    line = node.first("DTSTART")
    start = moment_of(line) if line is not None else None
    zone = known_zone(start.tzid) if start is not None and start.tzid else None
    return zone.local(rule.until.local) if zone is not None and rule.until.utc else rule.until.local
