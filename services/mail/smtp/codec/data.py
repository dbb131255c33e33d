"""The body of a message between DATA and its end (RFC 5321 §4.1.1.4, §4.5.2), in pieces of any size.

Only CRLF.CRLF, octet by octet, ends it. That alone defeats smuggling: whatever else a sender may take for an end
(LF.LF, CR.CRLF, LF.CRLF, CRLF.LF, a NUL) is content here. Line endings are made CRLF on the way, after the end was
looked for, so that what we store means the same to every reader.
"""

import re

_END = b"\r\n.\r\n"
# What may be the beginning of the end, or of a stuffed dot, when a piece ends there.
_TAILS = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
# RFC 3501 §9 has no place for NUL, even in a literal.
_NUL, _SHOWN_NUL = b"\x00", b"\x80"


def normalised(piece: bytes) -> bytes:
    """CRLF as the only line ending. A piece ends with a whole character pair: never between CR and LF.

    A bare LF is a line's end to everybody. A bare CR is not, so it becomes a space: nobody finds a header field
    that others did not see.
    """
    if _NUL in piece:
        piece = piece.replace(_NUL, _SHOWN_NUL)
    pairs = piece.count(b"\r\n")
    if pairs != piece.count(b"\r"):
        piece = _BARE_CR.sub(b" ", piece)
    if pairs != piece.count(b"\n"):
        piece = _BARE_LF.sub(b"\r\n", piece)
    return piece


class DataDecoder:
    """Finds the end, takes the stuffed dots out, makes line endings CRLF."""

    def __init__(self) -> None:
        # A message begins at the beginning of a line, as if a CRLF stood before it.
        self._kept = b"\r\n"
        self._before = 2
        # Octets after the end, once `ended`.
        self.rest = b""
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """Content found so far; some octets wait for what follows."""
        data = self._kept + data
        end = data.find(_END)
        if end >= 0:
            self.rest = data[end + len(_END) :]
            self.ended = True
            return self._content(data[: end + 2])
        self._kept = next((tail for tail in _TAILS if data.endswith(tail)), b"")
        return self._content(data[: len(data) - len(self._kept)])

    def _content(self, data: bytes) -> bytes:
        unstuffed = data.replace(b"\r\n.", b"\r\n")
        if self._before and unstuffed:
            unstuffed, self._before = unstuffed[self._before :], 0
        return normalised(unstuffed)


class ChunkDecoder:
    """Makes line endings CRLF in the chunks of BDAT (RFC 3030), which have neither end nor dots to look for."""

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> bytes:
        data = self._kept + data
        self._kept = b"\r" if data.endswith(b"\r") else b""
        return normalised(data[: len(data) - len(self._kept)])

    def close(self) -> bytes:
        """What waited for more; a message ends with its last line's end (RFC 5321 §4.1.1.4)."""
        return normalised(self._kept)


class BinaryDecoder:
    """Of the chunks of BINARYMIME (RFC 3030 §3) only the header has lines: what follows it is any octets."""

    _HEADER_ENDS = re.compile(rb"(?:\A|\n)\r?\n")
    MAX_HEADER = 256 * 1024

    def __init__(self) -> None:
        self._header: bytearray | None = bytearray()

    def feed(self, data: bytes) -> bytes:
        if self._header is None:
            return data
        looked = max(0, len(self._header) - 2)
        self._header += data
        found = self._HEADER_ENDS.search(self._header, looked if looked else 0)
        if found is None and len(self._header) <= self.MAX_HEADER:
            return b""
        end = found.end() if found is not None else len(self._header)
        whole, self._header = bytes(self._header), None
        return normalised(whole[:end]) + whole[end:]

    def close(self) -> bytes:
        return normalised(bytes(self._header)) if self._header else b""
