"""BER as LDAP uses it (RFC 4511 §5.1): definite lengths, strings in one piece, tags of one octet.

Nothing is copied before its length is known to be there, and nothing nests deeper than who decodes allows.
"""

from collections.abc import Iterable, Iterator

INTEGER, BOOLEAN, OCTETS, ENUMERATED, SEQUENCE, SET = 0x02, 0x01, 0x04, 0x0A, 0x30, 0x31
# Lengths in more than four octets are of messages that nobody sends.
_LENGTH_OCTETS = 4


class Malformed(ValueError):
    """Octets that are no message of LDAP's."""


class TooLong(Malformed):
    """A message longer than it may be."""


def size_of(buffer: bytes | bytearray | memoryview, most: int) -> int | None:
    """How long the element at the beginning is, head included; None when that cannot be seen yet.

    Raises `Malformed`, and `TooLong` as soon as its length is known, before its octets have come.
    """
    if len(buffer) < 2:
        if buffer and buffer[0] != SEQUENCE:
            raise Malformed("not a sequence")
        return None
    if buffer[0] != SEQUENCE:
        raise Malformed("not a sequence")
    first = buffer[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    if not 0 < count <= _LENGTH_OCTETS:
        raise Malformed("indefinite or endless length")
    if len(buffer) < 2 + count:
        return None
    size = 2 + count + int.from_bytes(buffer[2 : 2 + count], "big")
    if size > most:
        raise TooLong(f"{size} octets, at most {most}")
    return size


class Reader:
    """Walks over the elements of some octets."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = at
        self._end = len(data) if end is None else end

    @property
    def left(self) -> bool:
        return self._at < self._end

    @property
    def tag(self) -> int:
        """The next element's tag; -1 at the end."""
        return self._data[self._at] if self._at < self._end else -1

    def _head(self) -> tuple[int, int, int]:
        """The next element's tag and the bounds of its content."""
        data, at, end = self._data, self._at, self._end
        if at + 2 > end:
            raise Malformed("truncated")
        tag, size = data[at], data[at + 1]
        if tag & 0x1F == 0x1F:
            raise Malformed("a tag of several octets")
        at += 2
        if size >= 0x80:
            count = size & 0x7F
            if not 0 < count <= _LENGTH_OCTETS or at + count > end:
                raise Malformed("indefinite or endless length")
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + size > end:
            raise Malformed("longer than what holds it")
        self._at = at + size
        return tag, at, at + size

    def any(self) -> tuple[int, bytes]:
        """The next element's tag and content."""
        tag, start, stop = self._head()
        return tag, self._data[start:stop]

    def within(self, tag: int) -> "Reader":
        """A reader of the next element's content, which has to have that tag."""
        found, start, stop = self._head()
        if found != tag:
            raise Malformed(f"tag {found:#x} where {tag:#x} is to be")
        return Reader(self._data, start, stop)

    def enter(self) -> tuple[int, "Reader"]:
        """The next element's tag, and a reader of its content."""
        tag, start, stop = self._head()
        return tag, Reader(self._data, start, stop)

    def octets(self, tag: int = OCTETS) -> bytes:
        found, start, stop = self._head()
        if found != tag:
            raise Malformed(f"tag {found:#x} where {tag:#x} is to be")
        return self._data[start:stop]

    def text(self, tag: int = OCTETS) -> str:
        """UTF-8 (RFC 4511 §4.1.2)."""
        try:
            return self.octets(tag).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error

    def integer(self, tag: int = INTEGER) -> int:
        return _integer(self.octets(tag))

    def rest_as_integer(self) -> int:
        """What is left, as the content of an integer under another tag."""
        content = self._data[self._at : self._end]
        self._at = self._end
        return _integer(content)

    def boolean(self, tag: int = BOOLEAN) -> bool:
        content = self.octets(tag)
        if len(content) != 1:
            raise Malformed("not a boolean")
        return content != b"\0"

    def again(self) -> "Reader":
        """Another reader from where this one stands."""
        return Reader(self._data, self._at, self._end)

    def finish(self) -> None:
        """Nothing may follow. Raises `Malformed`."""
        if self.left:
            raise Malformed("more than belongs there")

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while self.left:
            yield self.any()


def _integer(content: bytes) -> int:
    if not 0 < len(content) <= 8:
        raise Malformed("not an integer of eight octets at most")
    return int.from_bytes(content, "big", signed=True)


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes, tag: int = OCTETS) -> bytes:
    return element(tag, value)


def boolean(value: bool, tag: int = BOOLEAN) -> bytes:
    return element(tag, b"\xff" if value else b"\0")


def sequence(elements: Iterable[bytes], tag: int = SEQUENCE) -> bytes:
    return element(tag, b"".join(elements))
