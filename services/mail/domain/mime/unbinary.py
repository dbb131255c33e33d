"""Parts in binary (RFC 3030) made base64 while a message passes, so that every reader and server can take it.

What else it has stays as it is, octet by octet. A part that somebody signed cannot be changed (RFC 1847 §2.1).
"""

import binascii
import re

from chassis.errors import InvalidInput
from services.mail.domain.mime.fields import read_fields, unfolded
from services.mail.domain.mime.limits import Limits
from services.mail.domain.mime.parameters import content_type, without_comments

_LIMITS = Limits()
_ENCODING = re.compile(rb"^content-transfer-encoding[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)
_WANTED = frozenset((b"content-type", b"content-transfer-encoding"))
# Octets of a line of base64; a line that is longer than this delimits nothing.
_LINE, _LONGEST = 57, 64 * 1024
_END = b"\r\n"


class SignedBinary(InvalidInput):
    """A signature would not hold any more."""


class Unbinary:
    """Feed it the octets of a message whose structure ends its lines with CRLF; each call gives some back.

    Raises `SignedBinary`, and `InvalidInput` for a header that does not end, or parts too deep.
    """

    def __init__(self) -> None:
        self._octets = bytearray()
        self._at_line = True
        # Of the multiparts that are open, outermost first: boundary, and whether what is in it is signed.
        self._open: list[tuple[bytes, bool]] = []
        # The header that is being read; None within a body.
        self._header: bytearray | None = bytearray()
        self._binary = False
        # Of a binary part: what is not encoded yet, and the line end that may be the next delimiter's.
        self._content = bytearray()
        self._held = b""

    def feed(self, octets: bytes) -> bytes:
        self._octets += octets
        out = bytearray()
        start = 0
        while (end := self._octets.find(b"\n", start)) >= 0:
            out += self._line(bytes(self._octets[start : end + 1]))
            start = end + 1
        if len(self._octets) - start > _LONGEST:
            out += self._line(bytes(self._octets[start:]))
            start = len(self._octets)
        del self._octets[:start]
        return bytes(out)

    def close(self) -> bytes:
        out = self._line(bytes(self._octets)) if self._octets else b""
        if self._header is not None:
            return out + bytes(self._header)
        # No delimiter comes: the last line end is the content's own.
        self._content += self._held
        return out + self._ended()

    def _line(self, line: bytes) -> bytes:
        delimited = self._delimited(line) if self._at_line and line.startswith(b"--") else None
        self._at_line = line.endswith(_END)
        if delimited is not None:
            return self._delimiter(line, *delimited)
        if self._header is not None:
            return self._header_line(line)
        if not self._binary:
            return line
        self._content += self._held
        self._held = _END if self._at_line else b""
        self._content += line[:-2] if self._at_line else line
        whole = len(self._content) - len(self._content) % _LINE
        return self._encoded(whole) if whole >= 1000 * _LINE else b""

    def _delimited(self, line: bytes) -> tuple[int, bool] | None:
        """The depth of the multipart that a line delimits, and whether as the last."""
        key = line[2:].rstrip(b" \t\r\n")
        for depth in range(len(self._open) - 1, -1, -1):
            boundary = self._open[depth][0]
            if key in (boundary, boundary + b"--"):
                return depth, key != boundary
        return None

    def _delimiter(self, line: bytes, depth: int, last: bool) -> bytes:
        before = bytes(self._header) if self._header is not None else self._ended()
        if self._binary:
            before += self._held
        self._binary, self._held = False, b""
        del self._open[depth if last else depth + 1 :]
        self._header = None if last else bytearray()
        return before + line

    def _header_line(self, line: bytes) -> bytes:
        header = self._header if self._header is not None else bytearray()
        if line not in (_END, b"\n"):
            header += line
            if len(header) > _LIMITS.top_header:
                raise InvalidInput("The header of a part does not end")
            return b""
        self._header = None
        return self._opened(bytes(header)) + line

    def _opened(self, header: bytes) -> bytes:
        """A whole header, as it is to be; what follows is read by what it says."""
        fields, _ = read_fields(header, _WANTED)
        found = content_type(unfolded(fields.get(b"content-type", b"")))
        main, sub, parameters = found or ("text", "plain", [])
        encoding = without_comments(unfolded(fields.get(b"content-transfer-encoding", b""))).strip().lower()
        signed = bool(self._open) and self._open[-1][1]
        if main == "multipart":
            boundary = next((value for name, value in parameters if name == b"boundary"), b"").rstrip(b" \t")
            if len(self._open) >= _LIMITS.depth:
                raise InvalidInput("The parts stand too deep in each other")
            if boundary:
                self._open.append((boundary, signed or sub == "signed"))
        elif main == "message" and sub in ("rfc822", "global"):
            self._header = bytearray()
        elif encoding == b"binary":
            if signed:
                raise SignedBinary("A part in binary is signed, and cannot be encoded without breaking that")
            self._binary = True
        if encoding != b"binary":
            return header
        return _ENCODING.sub(b"Content-Transfer-Encoding: %s\r\n" % (b"base64" if self._binary else b"8bit"), header)

    def _ended(self) -> bytes:
        return self._encoded(len(self._content)).removesuffix(_END)

    def _encoded(self, octets: int) -> bytes:
        """The first so many of the content, in whole lines."""
        lines = [
            binascii.b2a_base64(self._content[at : min(at + _LINE, octets)], newline=False) + _END
            for at in range(0, octets, _LINE)
        ]
        del self._content[:octets]
        return b"".join(lines)
