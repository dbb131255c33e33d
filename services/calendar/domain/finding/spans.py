"""Sets of time: sorted, disjoint spans from a start up to, and without, an end, in whole seconds since 1970 (UTC)."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """What any of them covers. Empty ones and such as end before they start cover nothing."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def within(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """What a set covers of one span."""
    return common(spans, [(start, end)] if start < end else [])


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What two sets both cover."""
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(spans: Sequence[Span], removed: Sequence[Span]) -> list[Span]:
    """What the first set covers and the second does not."""
    found: list[Span] = []
    j = 0
    for start, end in spans:
        while j < len(removed) and removed[j][1] <= start:
            j += 1
        k, at = j, start
        while k < len(removed) and removed[k][0] < end:
            if at < removed[k][0]:
                found.append((at, removed[k][0]))
            at = max(at, removed[k][1])
            k += 1
        if at < end:
            found.append((at, end))
    return found


def widened(spans: Iterable[Span], before: int, after: int) -> list[Span]:
    """What is at most so many seconds before or after a span as well."""
    return merged((start - before, end + after) for start, end in spans)


def covers(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether one span of a set holds the whole of another."""
    at = bisect_right(spans, (start, end)) - 1
    # Of spans that start together there is one: the next may be the longer one itself.
    return any(spans[i][0] <= start and end <= spans[i][1] for i in (at, at + 1) if 0 <= i < len(spans))


def touches(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether a set covers any moment of a span."""
    at = bisect_right(spans, (start, start))
    return (at < len(spans) and spans[at][0] < end) or (at > 0 and spans[at - 1][1] > start)
