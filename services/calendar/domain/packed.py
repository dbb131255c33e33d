"""Instances as octets: what an index keeps of a series, read where a window looks and nowhere else."""

import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import eq
from typing import overload

from services.calendar.domain.objects import Occurrence

_EVEN, _REGULAR, _OTHER = b"e", b"r", b"o"
_EVENLY = struct.Struct("<qqqq")
# Of what is irregular: end, component, recurrence.
_FIELDS = 3


class Occurrences(Sequence[Occurrence]):
    """Sorted by begin; all in whole seconds but the component. Of a series that nobody changed the begins say all: each
    instance is as long as the others, and where the rule has it. Where they are as far from each other besides, four
    numbers do."""

    def __init__(self, starts: Sequence[int], length: int, rows: "array[int] | None" = None) -> None:
        self._starts = starts
        self._length = length
        self._rows = rows

    @classmethod
    def of(cls, occurrences: Sequence[Occurrence]) -> "Occurrences":
        if isinstance(occurrences, cls):
            return occurrences
        ordered = sorted(occurrences, key=lambda one: (one.start, one.end))
        starts = [each.start for each in ordered]
        length = ordered[0].end - ordered[0].start if ordered else 0
        if all(
            each.end - each.start == length and not each.component and each.recurrence == each.start for each in ordered
        ):
            return cls(_evenly(starts) or array("q", starts), length)
        rows = array("q")
        for each in ordered:
            rows.extend((each.end, each.component, each.recurrence))
        return cls(array("q", starts), 0, rows)

    @classmethod
    def unpacked(cls, octets: bytes) -> "Occurrences":
        kind, whole = octets[:1], array("q")
        if kind == _EVEN:
            first, step, count, length = _EVENLY.unpack(octets[1:])
            return cls(range(first, first + step * count, step), length)
        whole.frombytes(zlib.decompress(octets[1:]))
        if kind == _REGULAR:
            length = whole.pop()
            return cls(whole, length)
        count = len(whole) // (_FIELDS + 1)
        return cls(whole[:count], 0, whole[count:])

    def packed(self) -> bytes:
        """Series repeat themselves, and become a tenth."""
        starts = self._starts
        if isinstance(starts, range):
            return _EVEN + _EVENLY.pack(starts.start, starts.step, len(starts), self._length)
        whole = array("q", starts)
        whole.extend([self._length] if self._rows is None else self._rows)
        return (_REGULAR if self._rows is None else _OTHER) + zlib.compress(whole.tobytes(), 1)

    def between(self, start: int, end: int, longest: int) -> list[Occurrence]:
        """Those that touch a window; `longest` is the length of the longest of all."""
        places = range(self.first_from(start - longest), self.first_from(end))
        return [each for at in places if (each := self[at]).overlaps(start, end)]

    def first_from(self, moment: int) -> int:
        """The place of the first that begins then, or later."""
        return bisect_left(self._starts, moment)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, at: int) -> Occurrence: ...
    @overload
    def __getitem__(self, at: slice) -> list[Occurrence]: ...
    def __getitem__(self, at: int | slice) -> Occurrence | list[Occurrence]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        start = self._starts[at]
        if self._rows is None:
            return Occurrence(start, start + self._length, 0, start)
        row = (at % len(self)) * _FIELDS
        return Occurrence(start, *self._rows[row : row + _FIELDS])

    def __iter__(self) -> Iterator[Occurrence]:
        for at in range(len(self)):
            yield self[at]


def _evenly(starts: Sequence[int]) -> range | None:
    """Moments that are as far from each other; None where they are not."""
    if not starts:
        return None
    step = max(starts[1] - starts[0], 1) if len(starts) > 1 else 1
    even = range(starts[0], starts[0] + step * len(starts), step)
    return even if all(map(eq, starts, even)) else None
