"""A series that ends earlier than it did: fewer instances of what everybody has answered already."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile

from services.calendar.domain.itip.series import moment_of, rdates, span_of_day
from services.calendar.domain.objects.recurrence import Steps, locals_of
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY

_MOST_STEPS = 50_000


def only_ends_earlier(before: Node, after: Node) -> bool:
    """Whether instances are taken from the end of a series and nothing else of its times is another."""
    rules = before.every("RRULE"), after.every("RRULE")
    if span_of_day(before) != span_of_day(after) or [len(each) for each in rules] != [1, 1]:
        return False
    old, new = read_rule(rules[0][0].value), read_rule(rules[1][0].value)
    if isinstance(old, str) or isinstance(new, str) or _endless(old) != _endless(new):
        return False
    return rdates(after) <= rdates(before) and _is_shorter(before, old, new)


def _endless(rule: Rule) -> Rule:
    return replace(rule, count=None, until=None)


def _is_shorter(node: Node, old: Rule, new: Rule) -> bool:
    if new.count is not None or new.until is None:
        return old.until is None and _at_most(new.count, old.count)
    if old.until is not None:
        return new.until.utc == old.until.utc and new.until.local <= old.until.local
    if old.count is None:
        return True
    line = node.first("DTSTART")
    start = moment_of(line) if line is not None else None
    if start is None:
        return False
    # An end that is said in UTC is looked at a day beyond, whatever the clock of the series.
    end = new.until.local + (DAY if new.until.utc and not start.utc else 0)
    given: Iterable[int] = locals_of(replace(_endless(new), count=old.count + 1), start.local, Steps(_MOST_STEPS))
    return sum(1 for _ in takewhile(lambda local: local <= end, given)) <= old.count


def _at_most(count: int | None, other: int | None) -> bool:
    return other is None or (count is not None and count <= other)
