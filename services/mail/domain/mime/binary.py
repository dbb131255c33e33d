"""Parts that came in the clear (RFC 3030 §3), in base64: what every reader of messages can take."""

import binascii
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator

from services.mail.domain.mime.structure import Kind, Part, Structure

# Octets of a line of 76 characters, and of how many lines are made at once.
LINE, PIECE = 57, 57 * 512
# What of a part's header is looked through for its encoding.
MOST_HEADER = 256 * 1024
_BINARY = re.compile(rb"^(content-transfer-encoding[ \t]*:)[ \t\r\n]*binary\b[^\n]*\n?", re.IGNORECASE | re.MULTILINE)

# The octets of the source from one place up to another.
Read = Callable[[int, int], AsyncIterator[bytes]]


async def in_base64(structure: Structure, read: Read) -> AsyncIterator[bytes]:
    """A message's octets, in pieces, with every leaf that says it is binary encoded. What holds parts of its own says
    8bit instead (RFC 2045 §6.4: nothing that has parts is encoded)."""
    at = 0
    for part in _binary(structure.root):
        async for piece in read(at, part.header_start):
            yield piece
        length = min(part.header_length, MOST_HEADER)
        header = b"".join([piece async for piece in read(part.header_start, part.header_start + length)])
        leaf = part.kind is Kind.LEAF
        renamed = _BINARY.sub(rb"\1 base64\r\n" if leaf else rb"\1 8bit\r\n", header, count=1)
        yield renamed
        at = part.header_start + length
        if leaf and renamed != header:
            async for piece in read(at, part.body_start):
                yield piece
            async for piece in _encoded(read(part.body_start, part.body_end)):
                yield piece
            at = part.body_end
    async for piece in read(at, structure.size):
        yield piece


def _binary(root: Part) -> Iterator[Part]:
    """In the order of the source."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.encoding == b"binary":
            yield part
        waiting.extend(reversed(part.children))


async def _encoded(octets: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Lines of base64; the line end of the last is the boundary's, or the message's."""
    held, first = b"", True
    async for piece in octets:
        held += piece
        whole = len(held) - len(held) % PIECE
        for start in range(0, whole, PIECE):
            yield (b"" if first else b"\r\n") + _lines(held[start : start + PIECE])
            first = False
        held = held[whole:]
    if held:
        yield (b"" if first else b"\r\n") + _lines(held)


def _lines(octets: bytes) -> bytes:
    starts = range(0, len(octets), LINE)
    return b"\r\n".join(binascii.b2a_base64(octets[at : at + LINE], newline=False) for at in starts)
