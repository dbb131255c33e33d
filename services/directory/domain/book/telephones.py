"""Telephone numbers and whose they are, found by their first digits: two arrays, 1.7 MB for 70,000 people.

A number is kept without the country's code as a fraction: its digits, filled up with zeros, so that all numbers that
begin alike stand side by side.
"""

from array import array
from bisect import bisect_left

from services.directory.domain.book.postings import bits_of

COUNTRY, NATIONAL_LENGTH = "228", 8
# E.164 allows fifteen digits.
_LENGTH = 15
SHORTEST = 4


def digits_of(number: str) -> str:
    """The digits that count: without the international prefix and the country's code."""
    digits = "".join(c for c in number if c.isdecimal() and c.isascii())
    international = number.lstrip(" (").startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00")
    if digits.startswith(COUNTRY) and (international or len(digits) > NATIONAL_LENGTH):
        digits = digits.removeprefix(COUNTRY)
    return digits[:_LENGTH]


class Telephones:
    """Numbers only come; whose are gone is masked by whoever asks."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._owners = array("I")
        self._waiting: list[tuple[int, int]] = []

    def add(self, number: str, owner: int, *, bulk: bool = False) -> None:
        """`bulk`: many more follow, and `settle` comes before any question."""
        digits = digits_of(number)
        if not digits:
            return
        key = _key(digits)
        if bulk:
            self._waiting.append((key, owner))
            return
        at = bisect_left(self._keys, key)
        self._keys.insert(at, key)
        self._owners.insert(at, owner)

    def settle(self) -> None:
        """Put what came in bulk in order."""
        if self._waiting:
            both = sorted([*zip(self._keys, self._owners, strict=True), *self._waiting])
            self._keys = array("Q", (key for key, _ in both))
            self._owners = array("I", (owner for _, owner in both))
            self._waiting = []

    def beginning(self, digits: str) -> int:
        """Whose number begins so; nobody's for fewer than four digits."""
        asked = digits_of(digits)
        if len(asked) < SHORTEST:
            return 0
        first = _key(asked)
        after = first + 10 ** (_LENGTH - len(asked))
        return bits_of(self._owners[bisect_left(self._keys, first) : bisect_left(self._keys, after)])


def _key(digits: str) -> int:
    return int(digits.ljust(_LENGTH, "0"))
