"""A connection's octets compressed in both directions (RFC 4978): raw DEFLATE (RFC 1951), as zlib makes it."""

import zlib

# Of what we send, a window of 4 KiB: some 32 KiB a connection instead of 256. What comes may need the whole 32 KiB.
SENT_WINDOW, SENT_MEMORY, SENT_LEVEL = 12, 5, 6
RECEIVED_WINDOW = 15


class NotDeflated(Exception):
    """What came is no compressed stream, or came after its end."""


class Deflated:
    """What comes is inflated no further than it is asked for: a few octets may be very many."""

    __slots__ = ("_in", "_more", "_out", "_waiting")

    def __init__(self) -> None:
        self._out = zlib.compressobj(SENT_LEVEL, zlib.DEFLATED, -SENT_WINDOW, SENT_MEMORY)
        self._in = zlib.decompressobj(-RECEIVED_WINDOW)
        self._waiting = b""
        self._more = False

    def deflated(self, octets: bytes) -> bytes:
        """All of it, so that the other side need not wait for what follows."""
        return self._out.compress(octets) + self._out.flush(zlib.Z_SYNC_FLUSH)

    def feed(self, octets: bytes) -> None:
        self._waiting += octets
        self._more = True

    @property
    def more(self) -> bool:
        """Whether `inflated` may have something to give."""
        return self._more

    def inflated(self, most: int) -> bytes:
        """Up to `most` octets; none when more have to come. Raises `NotDeflated`."""
        if self._in.eof and self._waiting:
            raise NotDeflated
        try:
            found = self._in.decompress(self._waiting, most)
        except zlib.error as error:
            raise NotDeflated from error
        self._waiting = self._in.unconsumed_tail or self._in.unused_data
        # Filled to the last octet, it may hold back others.
        self._more = bool(self._waiting) or len(found) == most
        return found
