"""Sets of numbers: a short list while they are few, bits when they are many, an integer to compute with."""

from array import array
from collections.abc import Iterable, Iterator

# A list of so many numbers takes 4 KiB; 70,000 people take 8.5 KiB as bits.
_DENSE = 1024
# So many are taken out of the integer one by one sooner than found by going through its words.
_FEW = 8


class Posting:
    """A set of numbers that only grows."""

    __slots__ = ("_bits", "_numbers")

    def __init__(self) -> None:
        self._numbers: array[int] | None = array("I")
        self._bits = bytearray()

    def add(self, number: int) -> None:
        if self._numbers is not None:
            self._numbers.append(number)
            if len(self._numbers) < _DENSE:
                return
            waiting, self._numbers = self._numbers, None
            for each in waiting:
                self._set(each)
        else:
            self._set(number)

    @classmethod
    def of(cls, bits: int) -> "Posting":
        """The set of an integer, in whichever form it is smaller."""
        made = cls()
        if bits.bit_count() < _DENSE:
            made._numbers = array("I", numbers_in(bits))
        else:
            made._numbers, made._bits = None, bytearray(bits.to_bytes((bits.bit_length() + 7) // 8, "little"))
        return made

    def _set(self, number: int) -> None:
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 64 - len(self._bits)))
        self._bits[place] |= 1 << (number & 7)

    @property
    def dense(self) -> bool:
        return self._numbers is None

    def bits(self) -> int:
        """The set as an integer."""
        return int.from_bytes(self._bits, "little") if self._numbers is None else bits_of(self._numbers)

    def numbers(self) -> Iterable[int]:
        return self._numbers if self._numbers is not None else numbers_in(self.bits())


def bits_of(numbers: Iterable[int]) -> int:
    """The integer whose set bits are these numbers."""
    buffer = bytearray()
    size = 0
    for number in numbers:
        place = number >> 3
        if place >= size:
            buffer.extend(bytes(place + 1024 - size))
            size = len(buffer)
        buffer[place] |= 1 << (number & 7)
    return int.from_bytes(buffer, "little")


def union(sets: Iterable[int | Posting]) -> int:
    """All numbers of some sets; a plain integer is a set of that one number."""
    sparse: list[int] = []
    dense = 0
    for each in sets:
        if isinstance(each, int):
            sparse.append(each)
        elif each.dense:
            dense |= each.bits()
        else:
            sparse.extend(each.numbers())
    return dense | bits_of(sparse) if sparse else dense


def numbers_in(bits: int) -> Iterator[int]:
    """The numbers of a set, lowest first."""
    if bits.bit_count() <= _FEW:
        while bits:
            low = bits & -bits
            yield low.bit_length() - 1
            bits ^= low
        return
    words = array("Q")
    words.frombytes(bits.to_bytes((bits.bit_length() + 63) // 64 * 8, "little"))
    for place, word in enumerate(words):
        left = word
        while left:
            low = left & -left
            yield place * 64 + low.bit_length() - 1
            left ^= low
