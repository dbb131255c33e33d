"""One pass over a message's source, in pieces of any size, with memory bounded by its headers."""

import re
from collections.abc import Callable

from services.mail.domain.mime.fields import CONTENT_FIELDS, MESSAGE_FIELDS, read_fields, unfolded
from services.mail.domain.mime.limits import Limits
from services.mail.domain.mime.parameters import content_type
from services.mail.domain.mime.structure import Kind, Part, Structure
from services.mail.domain.mime.usual import ELSEWHERE, kept

_BLANK_LINE = re.compile(rb"\n\r?\n")
_DEFAULT_LIMITS = Limits()
_IDENTITY = frozenset((b"7bit", b"8bit", b"binary"))


def _common_start(one: bytes, other: bytes) -> bytes:
    if one == other:
        return one
    return next(one[:at] for at in range(len(one), -1, -1) if other.startswith(one[:at]))


class Scanner:
    """Feed it the source, then `close()`. It never fails and never looks at an octet more than a few times.

    `_buffer` holds the octets from `_base` on; those before `_position` are done with, but for the line end
    before a delimiter, which belongs to it (RFC 2046 §5.1.1).
    """

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._buffer = b""
        self._base = 0
        self._position = 0
        self._searched = 0
        self._lines = 0
        self._counted = 0
        self._parts = 0
        self._kept = 0
        # Delimiters that are waited for, with the depth of their multipart in `_open`.
        self._boundaries: dict[bytes, int] = {}
        self._needle = b"\n--"
        # The parts that the position is in, outermost first.
        self._open: list[Part] = []
        self._line_starts: list[int] = []
        self._capturing: Part | None = None
        self._captures = 0
        self._usual = ELSEWHERE
        self._step: Callable[[bool], bool] = self._read_header
        self._root = self._begin(0, b"text/plain", MESSAGE_FIELDS)

    def feed(self, data: bytes) -> None:
        """The next octets of the source."""
        self._buffer = self._buffer + data if self._buffer else bytes(data)
        while self._step(False):
            pass
        self._forget()

    def close(self) -> Structure:
        """The source has ended."""
        while self._step(True):
            pass
        size = self._base + len(self._buffer)
        self._end_parts(0, len(self._buffer))
        return Structure(self._root, size, self._usual)

    # Parts

    def _begin(self, at: int, default_type: bytes, wanted: frozenset[bytes]) -> Part:
        part = Part(header_start=self._base + at, body_start=self._base + at)
        self._parts += 1
        self._default_type, self._wanted = default_type, wanted
        if self._open:
            self._open[-1].children.append(part)
        self._open.append(part)
        self._line_starts.append(0)
        self._position = self._searched = at
        if self._parts >= self._limits.parts and len(self._open) > 1:
            self._make_opaque(part, at)
        else:
            self._step = self._read_header
        return part

    def _set_opaque(self, part: Part) -> None:
        part.kind, part.maintype, part.subtype, part.encoding = (
            Kind.LEAF,
            "application",
            "octet-stream",
            b"binary",
        )
        part.fields, part.parameters = {}, []

    def _make_opaque(self, part: Part, body: int) -> None:
        """A limit is reached: all that follows is this one part's."""
        self._set_opaque(part)
        self._boundaries.clear()
        self._begin_body(part, body)

    def _begin_body(self, part: Part, at: int) -> None:
        part.body_start = self._base + at
        self._line_starts[-1] = self._lines_before(at)
        self._position = max(at - 1, 0)
        self._step = self._read_body

    def _end_parts(self, depth: int, at: int) -> None:
        """Close the open parts from `depth` inwards at `at`."""
        end, lines = self._base + at, self._lines_before(at)
        self._capture(at)
        self._capturing = None
        while len(self._open) > depth:
            part, first = self._open.pop(), self._line_starts.pop()
            part.body_length = max(0, end - part.body_start)
            part.lines = max(0, lines - first)
            if part.kind is Kind.MULTIPART:
                if not part.children:  # its delimiter never came: nothing to show but the text itself
                    part.kind, part.maintype, part.subtype, part.parameters = Kind.LEAF, "text", "plain", []
                else:
                    part.prefix = b""
                self._stop_waiting(depth)

    def _stop_waiting(self, depth: int) -> None:
        """For the delimiters of the multiparts from `depth` inwards."""
        self._boundaries = {key: owner for key, owner in self._boundaries.items() if owner < depth}
        self._aim()

    def _aim(self) -> None:
        """Search for what all delimiters that are waited for begin with."""
        keys = self._boundaries
        self._needle = b"\n--" + (_common_start(min(keys), max(keys)) if keys else b"")

    # Lines and captured octets

    def _lines_before(self, at: int) -> int:
        if at >= self._counted:
            self._lines += self._buffer.count(b"\n", self._counted, at)
            self._counted = at
            return self._lines
        return self._lines - self._buffer.count(b"\n", at, self._counted)

    def _capture(self, upto: int) -> None:
        part = self._capturing
        if part is not None:
            start = part.body_start + len(part.prefix) - self._base
            part.prefix += self._buffer[start : min(upto, part.body_start + self._limits.preview - self._base)]
            if len(part.prefix) >= self._limits.preview:
                self._capturing = None

    def _forget(self) -> None:
        """Drop the octets that are done with."""
        keep = max(0, self._position - 1)
        if keep:
            self._lines_before(max(keep, self._counted))
            self._capture(keep)
            self._buffer = self._buffer[keep:]
            self._base += keep
            self._position -= keep
            self._searched -= keep
            self._counted -= keep

    # Headers

    def _read_header(self, final: bool) -> bool:
        buffer, start = self._buffer, self._position
        limit = self._limits.top_header if len(self._open) == 1 else self._limits.part_header
        if buffer.startswith(b"\n", start):
            return self._end_header(b"", start + 1)
        if buffer.startswith(b"\r\n", start):
            return self._end_header(b"", start + 2)
        blank = _BLANK_LINE.search(buffer, max(start, self._searched), start + limit)
        if blank:
            return self._end_header(buffer[start : blank.start() + 1], blank.end())
        if len(buffer) - start >= limit:
            return self._end_long_header(start, limit)
        if final:
            return self._end_header(buffer[start:], len(buffer))
        self._searched = max(start, len(buffer) - 2)
        return False

    def _end_header(self, block: bytes, body: int) -> bool:
        """`block` is the header without its blank line; the body begins at `body` if all of it is header."""
        part, start = self._open[-1], self._position
        cut = self._delimiter_within(start, start + len(block))
        if cut is not None:
            block, body = block[: cut - start], cut
        part.fields, used = read_fields(block, self._wanted)
        self._kept += sum(map(len, part.fields.values()))
        if self._kept > self._limits.kept_headers:
            self._make_opaque(part, body)
            return True
        self._interpret(part)
        # A line that is no field ends the header without a blank line.
        body = body if used >= len(block) else start + used
        if part is self._root:
            self._usual = kept(self._buffer[start:body])
        self._open_body(part, body)
        return True

    def _end_long_header(self, start: int, limit: int) -> bool:
        """A header is longer than what is read of one."""
        part = self._open[-1]
        if part is not self._root:  # all of the part is body, and the delimiters in it count
            self._set_opaque(part)
            self._begin_body(part, start)
            return True
        part.fields, used = read_fields(self._buffer[start : start + limit], self._wanted)
        self._interpret(part)
        if used < limit:
            self._open_body(part, start + used)
        else:
            self._position = start + limit - 2
            self._step = self._skip_header
        return True

    def _skip_header(self, final: bool) -> bool:
        """The rest of a message's header that is too long to be read, up to its blank line."""
        blank = _BLANK_LINE.search(self._buffer, self._position)
        if not blank and not final:
            self._position = max(self._position, len(self._buffer) - 2)
            return False
        self._open_body(self._root, blank.end() if blank else len(self._buffer))
        return True

    def _delimiter_within(self, start: int, end: int) -> int | None:
        """Where the first delimiter line between two positions begins."""
        if not self._boundaries:
            return None
        at = start if self._buffer.startswith(b"--", start) else self._buffer.find(b"\n--", start, end) + 1
        while at:
            stop = self._buffer.find(b"\n", at, end)
            if self._delimiter(self._buffer[at : end if stop < 0 else stop]):
                return at
            at = self._buffer.find(b"\n--", at, end) + 1
        return None

    def _interpret(self, part: Part) -> None:
        """Read what the header says of the body."""
        fields = part.fields
        encoding = fields.get(b"content-transfer-encoding")
        if encoding:
            part.encoding = unfolded(encoding).split(b";", 1)[0].strip().lower()[:40] or b"7bit"
        value = fields.get(b"content-type")
        typed = content_type(unfolded(value)) if value else None
        if typed:
            part.maintype, part.subtype, part.parameters = typed
        elif self._default_type == b"message/rfc822" and not value:
            part.maintype, part.subtype = "message", "rfc822"
        elif not value:
            part.parameters = [(b"charset", b"us-ascii")]

    def _open_body(self, part: Part, at: int) -> None:
        self._begin_body(part, at)
        if part.maintype == "multipart":
            self._open_multipart(part)
        elif part.maintype == "message" and part.subtype == "rfc822":
            if part.encoding in _IDENTITY and len(self._open) <= self._limits.depth and self._room():
                part.kind = Kind.MESSAGE
                self._begin(at, b"text/plain", MESSAGE_FIELDS)
                return
            part.maintype, part.subtype, part.parameters = "application", "octet-stream", []
        if part.maintype in ("text", "multipart") and self._captures < self._limits.captures:
            self._captures += 1
            self._capturing = part

    def _room(self) -> bool:
        return self._parts + 1 < self._limits.parts

    def _open_multipart(self, part: Part) -> None:
        boundary = next((value for name, value in part.parameters if name == b"boundary"), b"").rstrip(b" \t")
        if len(self._open) > self._limits.depth:
            part.maintype, part.subtype, part.parameters = "application", "octet-stream", []
        elif 0 < len(boundary) <= self._limits.boundary and b"\n" not in boundary:
            part.kind = Kind.MULTIPART
            self._boundaries.setdefault(boundary, len(self._open) - 1)
            self._aim()
        else:  # RFC 2045 §5.2: what cannot be understood is plain text
            part.maintype, part.subtype, part.parameters = "text", "plain", []

    # Bodies

    def _delimiter(self, line: bytes) -> tuple[int, bool] | None:
        """Of a line that begins with "--": the depth of the multipart it delimits, and whether as the last."""
        key = line[2:].rstrip(b" \t\r")
        depth = self._boundaries.get(key)
        if depth is not None:
            return depth, False
        depth = self._boundaries.get(key[:-2]) if key.endswith(b"--") else None
        return None if depth is None else (depth, True)

    def _read_body(self, final: bool) -> bool:
        buffer, needle = self._buffer, self._needle
        longest = self._limits.boundary + 80
        at = buffer.find(needle, self._position) if self._boundaries else -1
        while at >= 0:
            stop = buffer.find(b"\n", at + 1, at + 1 + longest)
            if stop < 0 and len(buffer) - at <= longest:
                if not final:
                    self._position = at
                    return False
                stop = len(buffer)
            if stop >= 0:
                found = self._delimiter(buffer[at + 1 : stop])
                if found:
                    self._pass_delimiter(at, stop, *found)
                    return True
            at = buffer.find(needle, at + 1)
        kept = len(needle) - 1 if self._boundaries else 0
        self._position = max(self._position, len(buffer) - kept)
        return False

    def _pass_delimiter(self, at: int, stop: int, depth: int, closes: bool) -> None:
        """The line between the ends `at` and `stop` ends what is open inside the multipart at `depth`."""
        multipart = self._open[depth]
        end = at - 1 if at and self._buffer[at - 1] == 0x0D else at
        self._end_parts(depth + 1, end)
        if closes:
            self._stop_waiting(depth)
            self._position = stop
            self._step = self._read_body
        else:
            default = b"message/rfc822" if multipart.subtype == "digest" else b"text/plain"
            self._begin(min(stop + 1, len(self._buffer)), default, CONTENT_FIELDS)
