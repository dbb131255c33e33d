"""A rule of recurrence (RFC 5545 §3.3.10) in words."""

from services.calendar.domain.itip.phrases import Phrases
from services.calendar.domain.itip.series import moment_of
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import datetime_of
from services.calendar.domain.objects.zones import known_zone

_PLAIN = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL", "WKST"})


def rule_words(text: str, node: Node, words: Phrases) -> str:
    """Empty for what is no rule. What has no plain words is said to be special."""
    rule = read_rule(text)
    if isinstance(rule, str) or rule.frequency not in words.every:
        return ""
    one, several = words.every[rule.frequency]
    said = one if rule.interval == 1 else several.format(n=rule.interval)
    said += words.within.format(_listed([words.months[n - 1] for n in rule.by_month], words)) if rule.by_month else ""
    said += _days(rule, words) + ("" if _is_plain(text, rule, words) else words.special)
    if rule.count:
        return said + words.times.format(rule.count)
    return said + words.until.format(words.date(datetime_of(_last(rule, node)))) if rule.until is not None else said


def _days(rule: Rule, words: Phrases) -> str:
    """Those that have a name; of a rule that has others it is said to be special."""
    if rule.by_day:
        nth = {0: "{}", **{n: f"{name} {{}}" for n, name in words.ordinals.items()}}
        named = [nth[n].format(words.days[day]) for n, day in rule.by_day if n in nth]
    else:
        named = [_day_of_month(day, words) for day in rule.by_month_day if day >= -1]
    return words.on + _listed([words.each.format(each) for each in named], words) if named else ""


def _day_of_month(day: int, words: Phrases) -> str:
    return {-1: words.last, 1: words.first}.get(day, words.nth.format(day))


def _listed(named: list[str], words: Phrases) -> str:
    return words.both.join(filter(None, (", ".join(named[:-1]), named[-1])))


def _is_plain(text: str, rule: Rule, words: Phrases) -> bool:
    names = {part.partition("=")[0].strip().upper() for part in text.split(";")}
    known = all(n == 0 or n in words.ordinals for n, _ in rule.by_day) and all(n >= -1 for n in rule.by_month_day)
    both = bool(rule.by_day and rule.by_month_day)
    return known and not both and names <= _PLAIN


def _last(rule: Rule, node: Node) -> int:
    """UNTIL by the clock of the event."""
    if rule.until is None:
        return 0
    line = node.first("DTSTART")
    start = moment_of(line) if line is not None else None
    zone = known_zone(start.tzid) if start is not None and start.tzid else None
    return zone.local(rule.until.local) if zone is not None and rule.until.utc else rule.until.local
