"""Sets of UIDs as closed ranges, ascending and apart: what IMAP's sequence sets become, never expanded."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]
LAST = 2**32 - 1
ALL: tuple[Range, ...] = ((1, LAST),)


def merged(ranges: Iterable[Range], gap: int = 0) -> list[Range]:
    """Ascending ranges, those joined that overlap, touch, or stand at most `gap` UIDs apart."""
    joined: list[Range] = []
    for first, last in sorted((min(pair), max(pair)) for pair in ranges):
        if joined and first <= joined[-1][1] + 1 + gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def ranges_of(uids: Iterable[int]) -> list[Range]:
    """The fewest ranges that hold exactly these UIDs."""
    ranges: list[Range] = []
    for uid in sorted(uids):
        if ranges and uid <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], uid)
        else:
            ranges.append((uid, uid))
    return ranges


def common(one: Sequence[Range], other: Sequence[Range]) -> list[Range]:
    """What two sets of merged ranges have in common."""
    found: list[Range] = []
    at = beside = 0
    while at < len(one) and beside < len(other):
        first, last = max(one[at][0], other[beside][0]), min(one[at][1], other[beside][1])
        if first <= last:
            found.append((first, last))
        if one[at][1] < other[beside][1]:
            at += 1
        else:
            beside += 1
    return found


def without(ranges: Sequence[Range], taken: Sequence[Range]) -> list[Range]:
    """What is left of merged ranges without others."""
    gaps, after = [], 1
    for first, last in taken:
        if after < first:
            gaps.append((after, first - 1))
        after = last + 1
    return common(ranges, [*gaps, (after, LAST)] if after <= LAST else gaps)


def from_the_end(ranges: Sequence[Range], count: int) -> Iterator[list[Range]]:
    """Merged ranges in pieces of `count` UIDs, the last ones first; within a piece ascending."""
    piece: list[Range] = []
    room = count
    for first, last in reversed(ranges):
        while last >= first:
            start = max(first, last - room + 1)
            piece.insert(0, (start, last))
            room -= last - start + 1
            last = start - 1
            if not room:
                yield piece
                piece, room = [], count
    if piece:
        yield piece


class UidSet:
    """Membership in merged ranges, in logarithmic time."""

    __slots__ = ("_firsts", "_lasts", "ranges")

    def __init__(self, ranges: Iterable[Range]) -> None:
        self.ranges: Sequence[Range] = merged(ranges)
        self._firsts = [first for first, _ in self.ranges]
        self._lasts = [last for _, last in self.ranges]

    def __contains__(self, uid: int) -> bool:
        place = bisect_right(self._firsts, uid) - 1
        return place >= 0 and uid <= self._lasts[place]

    def covers(self, first: int, last: int) -> bool:
        """Whether all from `first` to `last` are in it."""
        place = bisect_right(self._firsts, first) - 1
        return place >= 0 and last <= self._lasts[place]
