"""Sequence sets (RFC 3501 §9): ranges of message numbers or UIDs, never expanded."""

import re
from dataclasses import dataclass

from services.mail.domain.uids import Range, merged
from services.mail.imap.codec.errors import BadSyntax

MOST_RANGES = 20_000
LARGEST = 2**32 - 1
# Stands for "*", the largest number in use.
STAR = 0

_ITEM = re.compile(rb"(?:([1-9][0-9]{0,9})|(\*))(?::(?:([1-9][0-9]{0,9})|(\*)))?(?:,|\Z)")


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ascending ranges that do not touch. `from_star`: the lower ends of ranges up to "*", at most one matters.

    "5:*" is also "*:5", and names the last message even when fewer than 5 exist. `saved`: the set is "$", what the
    last search saved (RFC 5182), and nothing else.
    """

    ranges: tuple[Range, ...]
    from_star: int | None = None
    saved: bool = False

    def resolved(self, largest: int) -> list[Range]:
        """The ranges when `largest` is the largest number in use; 0 when the mailbox is empty."""
        if self.from_star is None:
            return list(self.ranges)
        if not largest:
            return list(self.ranges)
        low = self.from_star or largest
        return merged([*self.ranges, (min(low, largest), max(low, largest))])


def sequence_set(octets: bytes) -> SequenceSet:
    """Read a set. Raises `BadSyntax`."""
    if octets == b"$":
        return SequenceSet((), saved=True)
    ranges: list[Range] = []
    star: int | None = None
    at = 0
    if not octets or octets.endswith(b","):
        raise BadSyntax("Not a sequence set")
    while at < len(octets):
        item = _ITEM.match(octets, at)
        if item is None or len(ranges) >= MOST_RANGES:
            raise BadSyntax("Not a sequence set")
        at = item.end()
        first, first_star, last, last_star = item.groups()
        low = STAR if first_star else int(first)
        high = low if not (last or last_star) else STAR if last_star else int(last)
        if max(low, high) > LARGEST:
            raise BadSyntax("A number is too large")
        if low and high:
            ranges.append((min(low, high), max(low, high)))
        else:
            # "*" alone is the last one; of "n:*" the smallest n holds the others.
            bound = low or high
            star = bound if star is None else _lower(star, bound)
    return SequenceSet(tuple(merged(ranges)), star)


def _lower(one: int, other: int) -> int:
    if not one or not other:
        return one or other
    return min(one, other)


def written(numbers: SequenceSet) -> bytes:
    """The set in its shortest form."""
    if numbers.saved:
        return b"$"
    items = [b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in numbers.ranges]
    if numbers.from_star is not None:
        items.append(b"%d:*" % numbers.from_star if numbers.from_star else b"*")
    return b",".join(items)


def written_ranges(ranges: list[Range]) -> bytes:
    return written(SequenceSet(tuple(ranges)))
