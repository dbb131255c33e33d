"""Cuts what a client sends into commands, knowing every limit before it reads. No I/O."""

import re
from dataclasses import dataclass, replace
from typing import TypeAlias

MOST_LITERALS = 64
_LITERAL = re.compile(rb"(~?)\{(\d{1,20})(\+?)\}\Z")


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets. `command`: of one command, its literals included; `literal`: of each of them."""

    line: int
    command: int
    literal: int


BEFORE_LOGIN = Limits(line=4_096, command=8_192, literal=2_048)
AFTER_LOGIN = Limits(line=65_536, command=131_072, literal=65_536)


@dataclass(frozen=True, slots=True)
class Line:
    """A whole command, or a line of another exchange: literals inline, its own line end left out."""

    octets: bytes

    def without(self, mark: bytes) -> "Line":
        """What follows a mark that has to stand first; a line that no command reads when it does not."""
        return Line(self.octets.removeprefix(mark) if self.octets.startswith(mark) else b"?")


@dataclass(frozen=True, slots=True)
class Literal:
    """The client announces `size` octets after `before`; unless `synchronizing` it sends them unasked (RFC 7888).

    `binary`: they may hold NUL (RFC 3516).

    Answer with `accept`, `stream` or `refuse`.
    """

    before: bytes
    size: int
    synchronizing: bool
    binary: bool = False

    def without(self, mark: bytes) -> "Literal":
        """As of a line."""
        return replace(self, before=self.before.removeprefix(mark) if self.before.startswith(mark) else b"?")


@dataclass(frozen=True, slots=True)
class TooLong:
    """More than the limits allow without a line end: nothing sensible can follow."""

    before: bytes


Event: TypeAlias = Line | Literal | TooLong


class CommandReader:
    """Feed it octets; `next` gives what they make, or None when more are needed."""

    __slots__ = ("_asked", "_buffer", "_command", "_count", "_literal", "_searched", "_skip", "limits")

    def __init__(self, limits: Limits = BEFORE_LOGIN) -> None:
        self.limits = limits
        self._buffer = bytearray()
        self._command = b""  # the lines and literals so far of a command that has literals
        self._count = 0  # its literals
        self._searched = 0
        self._literal = 0  # octets of an accepted literal that are still to come
        self._skip = 0  # octets of a refused literal that are still to come
        self._asked: Literal | None = None

    @property
    def waiting(self) -> bool:
        """Whether a command has begun and is not whole."""
        return bool(self._buffer or self._command or self._literal or self._asked or self._skip)

    @property
    def held(self) -> int:
        """Octets that wait to be read."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        self._buffer += data

    def discard(self) -> None:
        """Forget what came before TLS began (RFC 3501 §6.2.1)."""
        self._buffer.clear()
        self._command, self._count, self._searched, self._literal, self._asked = b"", 0, 0, 0, None

    def next(self) -> Event | None:
        """The next event. After a `Literal`, say what becomes of it before asking again."""
        if self._literal:
            if len(self._buffer) < self._literal:
                return None
            self._command += self._take(self._literal)
            self._literal = 0
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return self._too_long() if len(self._buffer) > self.limits.line else None
        if end > self.limits.line:
            return self._too_long()
        line = self._take(end + 1)[:-1].removesuffix(b"\r")
        announced = _LITERAL.search(line, max(0, len(line) - 24))
        octets = self._command + line
        if announced is None:
            self._command, self._count = b"", 0
            return Line(octets)
        before = octets[: len(octets) - len(announced[0])]
        self._asked = Literal(before, int(announced[2]), not announced[3], bool(announced[1]))
        self._command = octets + b"\r\n"
        return self._asked

    def _too_long(self) -> TooLong:
        found = TooLong(self._command + bytes(self._buffer[:200]))
        self.discard()
        return found

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._searched = 0
        return taken

    @property
    def acceptable(self) -> bool:
        """Whether the announced literal is within the limits."""
        asked = self._asked
        return (
            asked is not None
            and asked.size <= self.limits.literal
            and self._count < MOST_LITERALS
            and len(self._command) + asked.size <= self.limits.command
        )

    def accept(self) -> None:
        """Read the literal into the command."""
        if self._asked is not None:
            self._literal, self._asked = self._asked.size, None
            self._count += 1

    def stream(self) -> None:
        """Hand the literal out with `take`; what follows it is a line of its own."""
        self._command, self._count, self._asked = b"", 0, None

    def refuse(self) -> None:
        """Drop the command; of a literal that comes unasked, skip the octets."""
        asked, self._asked, self._command, self._count = self._asked, None, b"", 0
        if asked is not None and not asked.synchronizing:
            here = min(asked.size, len(self._buffer))
            self._take(here)
            self._skip = asked.size - here

    def take(self, most: int) -> bytes:
        """Up to `most` octets of a streamed literal; empty when none are here."""
        return self._take(min(most, len(self._buffer)))
