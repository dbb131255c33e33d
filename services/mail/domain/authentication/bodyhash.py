"""The hash of a message's body as DKIM has it (RFC 6376 §3.4.3 and §3.4.4), made while the octets pass."""

import hashlib
import re

SIMPLE, RELAXED = "simple", "relaxed"
_SPACES = re.compile(rb"[\t ]+")


class BodyHash:
    """Feed it the body, then ask for the digest. What it holds back is a space and half a line end."""

    def __init__(self, canonicalization: str, algorithm: str, length: int | None = None) -> None:
        """`length` is the tag l=: so many octets of the canonical body count, None for all."""
        self._relaxed = canonicalization == RELAXED
        self._hash = hashlib.new(algorithm)
        self._length = length
        self._held = b""
        # Line ends that count only when something follows them: empty lines at the end do not.
        self._ends = 0
        # Canonical octets so far.
        self.octets = 0

    def feed(self, piece: bytes) -> None:
        text = self._held + piece
        cut = len(text) - text.endswith(b"\r")
        end = text[cut:]
        text = text[:cut]
        if self._relaxed:
            kept = text.rstrip(b"\t ")
            if len(kept) < len(text):
                end = b" " + end
            text = _SPACES.sub(b" ", kept + end).replace(b" \r\n", b"\r\n")
            text = text[: len(text) - len(end)] if end else text
        self._held = end
        self._take(text)

    def digest(self) -> bytes:
        """Of the whole body; nothing may be fed after it."""
        # Space at the end of a last line without its line end is at a line's end as well.
        if self._held != b" ":
            self._take(self._held)
        self._held = b""
        if self.octets or not self._relaxed:
            # The simple form of an empty body is one line end, the relaxed form is nothing.
            self._count(b"\r\n")
        return self._hash.digest()

    def _take(self, text: bytes) -> None:
        end = len(text)
        while text.endswith(b"\r\n", 0, end):
            end -= 2
        if end:
            if self._ends:
                self._count(b"\r\n" * self._ends)
            self._count(text[:end])
            self._ends = 0
        self._ends += (len(text) - end) // 2

    def _count(self, octets: bytes) -> None:
        if self._length is not None:
            octets_left = max(0, self._length - self.octets)
            self._hash.update(octets[:octets_left])
        else:
            self._hash.update(octets)
        self.octets += len(octets)
