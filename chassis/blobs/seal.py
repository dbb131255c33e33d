"""Content sealed in chunks, so that a part is read without the rest and still trusted.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: a chunk's nonce holds its number
and whether it is the last one; a chunk that is moved, repeated, dropped or cut does not open.
"""

import os
import struct
from dataclasses import dataclass
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.errors import WorkspaceError

CHUNK = 64 * 1024
TAG = 16
SEALED_CHUNK = CHUNK + TAG
# A data key seals one blob only, so the nonce needs no random part.
_NONCE = struct.Struct(">7xIB")


class Damaged(WorkspaceError):
    """Stored bytes are not what was written: tampered with, cut, or exchanged."""

    reason: ClassVar[str] = "blob_damaged"
    title: ClassVar[str] = "Stored content is damaged"


def new_data_key() -> bytes:
    return os.urandom(32)


def chunk_count(size: int) -> int:
    """How many chunks hold `size` octets; nothing is one empty chunk."""
    return max(1, -(-size // CHUNK))


def sealed_size(size: int) -> int:
    return size + chunk_count(size) * TAG


@dataclass(frozen=True)
class Span:
    """The chunks that hold a range, where they lie in the sealed object, and what to leave out of their plain bytes."""

    first: int
    last: int
    start: int
    octets: int
    skip: int
    keep: int


def span(size: int, offset: int, length: int) -> Span:
    """The span of `length` octets from `offset`, both within a blob of `size` octets, `length` at least 1."""
    first, last = offset // CHUNK, (offset + length - 1) // CHUNK
    start = first * SEALED_CHUNK
    end = min((last + 1) * SEALED_CHUNK, sealed_size(size))
    return Span(first, last, start, end - start, offset - first * CHUNK, length)


class Sealer:
    """Seals plain bytes as they come; what it returns is whole chunks."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(data_key)
        self._waiting = bytearray()
        self._number = 0

    def feed(self, data: bytes) -> bytes:
        """Take bytes; the sealed chunks that are sure not to be the last."""
        self._waiting += data
        # The last chunk is marked, so a full one waits until something follows.
        whole = (len(self._waiting) - 1) // CHUNK
        if whole < 1:
            return b""
        ready = [self._seal(bytes(self._waiting[i * CHUNK : (i + 1) * CHUNK]), 0) for i in range(whole)]
        del self._waiting[: whole * CHUNK]
        return b"".join(ready)

    def close(self) -> bytes:
        """The last chunk."""
        return self._seal(bytes(self._waiting), 1)

    def _seal(self, plain: bytes, last: int) -> bytes:
        nonce = _NONCE.pack(self._number, last)
        self._number += 1
        return self._cipher.encrypt(nonce, plain, None)


class Opener:
    """Opens the chunks of one blob."""

    def __init__(self, data_key: bytes, size: int) -> None:
        self._cipher = AESGCM(data_key)
        self._last = chunk_count(size) - 1

    def open(self, number: int, sealed: bytes) -> bytes:
        """The plain bytes of a chunk. Raises `Damaged`."""
        try:
            return self._cipher.decrypt(_NONCE.pack(number, int(number == self._last)), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise Damaged(f"chunk {number} of a blob is not as it was written") from error
