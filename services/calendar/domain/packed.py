"""Instances as octets: what an index keeps of a series, read where a window looks and nowhere else."""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import overload

from services.calendar.domain.objects import Occurrence

_FIELDS = 4


class Occurrences(Sequence[Occurrence]):
    """Sorted by begin. A row is begin, end, component and recurrence, all in whole seconds but the component."""

    def __init__(self, rows: "array[int]") -> None:
        self._rows = rows
        self._starts: Sequence[int] | None = None

    @classmethod
    def of(cls, occurrences: Sequence[Occurrence]) -> "Occurrences":
        if isinstance(occurrences, cls):
            return occurrences
        rows = array("q")
        for each in sorted(occurrences, key=lambda one: (one.start, one.end)):
            rows.extend((each.start, each.end, each.component, each.recurrence))
        return cls(rows)

    @classmethod
    def unpacked(cls, octets: bytes) -> "Occurrences":
        rows = array("q")
        rows.frombytes(zlib.decompress(octets))
        return cls(rows)

    def packed(self) -> bytes:
        """Series repeat themselves, and become a tenth."""
        return zlib.compress(self._rows.tobytes(), 1)

    def between(self, start: int, end: int, longest: int) -> list[Occurrence]:
        """Those that touch a window; `longest` is the length of the longest of all."""
        found: list[Occurrence] = []
        for at in range(self.first_from(start - longest), len(self)):
            if self._rows[at * _FIELDS] >= end:
                break
            each = self[at]
            if each.overlaps(start, end):
                found.append(each)
        return found

    def first_from(self, moment: int) -> int:
        """The place of the first that begins then, or later."""
        if self._starts is None:
            self._starts = self._rows[::_FIELDS]
        return bisect_left(self._starts, moment)

    def __len__(self) -> int:
        return len(self._rows) // _FIELDS

    @overload
    def __getitem__(self, at: int) -> Occurrence: ...
    @overload
    def __getitem__(self, at: slice) -> list[Occurrence]: ...
    def __getitem__(self, at: int | slice) -> Occurrence | list[Occurrence]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        row = (at % len(self)) * _FIELDS
        return Occurrence(*self._rows[row : row + _FIELDS])

    def __iter__(self) -> Iterator[Occurrence]:
        for at in range(len(self)):
            yield self[at]
