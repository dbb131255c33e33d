"""A message as DATA carries it (RFC 5321 §4.5.2): CRLF only, dots stuffed, ended by a line of its own."""

from services.mail.smtp.codec.data import ChunkDecoder


class Stuffer:
    """Takes pieces of any size."""

    def __init__(self) -> None:
        self._lines = ChunkDecoder()
        # The last two octets sent; a message begins at the beginning of a line.
        self._end = b"\r\n"

    def feed(self, octets: bytes) -> bytes:
        return self._stuffed(self._lines.feed(octets))

    def close(self) -> bytes:
        """What is left, and a line end where the last line has none. The dot itself is the last command."""
        rest = self._stuffed(self._lines.close())
        return rest if self._end == b"\r\n" else rest + b"\r\n"

    def _stuffed(self, piece: bytes) -> bytes:
        if not piece:
            return piece
        stuffed = (self._end + piece).replace(b"\r\n.", b"\r\n..")[len(self._end) :]
        self._end = (self._end + piece)[-2:]
        return stuffed
