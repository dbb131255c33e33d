"""What a session knows of a selected mailbox, packed while it waits: most sessions wait most of the time."""

import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from services.mail.domain.flags import Flags

# Messages from which on it is worth it: some 20 octets each when not packed.
WORTH_PACKING = 200


@dataclass(frozen=True, slots=True)
class Packed:
    """The columns of a mailbox, compressed; flags by their number in a table."""

    columns: bytes
    table: tuple[Flags, ...]

    @classmethod
    def of(cls, uids: "array[int]", flags: Sequence[Flags], modseqs: "array[int]") -> "Packed":
        numbers: dict[Flags, int] = {}
        column = array("I", (numbers.setdefault(each, len(numbers)) for each in flags))
        # Neighbours differ by the same most often, which compresses best octet by octet.
        planes = b"".join(_planes(each) for each in (uids, modseqs, column))
        return cls(zlib.compress(planes, 1), tuple(numbers))

    def unpacked(self) -> "tuple[array[int], list[Flags], array[int]]":
        """UIDs, flags and modseqs."""
        planes = zlib.decompress(self.columns)
        count = len(planes) // 16
        uids, modseqs, column = (
            _array(kind, planes[start * count : end * count])
            for kind, start, end in (("I", 0, 4), ("Q", 4, 12), ("I", 12, 16))
        )
        table = self.table
        return uids, [table[number] for number in column], modseqs


def _planes(column: "array[int]") -> bytes:
    """The first octets of all values, then the second ones, and so on."""
    octets = column.tobytes()
    return b"".join(octets[start :: column.itemsize] for start in range(column.itemsize))


def _array(kind: str, planes: bytes) -> "array[int]":
    column = array(kind)
    octets, size = bytearray(len(planes)), column.itemsize
    count = len(planes) // size
    for start in range(size):
        octets[start::size] = planes[start * count : (start + 1) * count]
    column.frombytes(octets)
    return column
