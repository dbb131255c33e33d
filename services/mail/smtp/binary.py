"""A message that came as BINARYMIME (RFC 3030) is kept in a form that every reader and server can take."""

from collections.abc import AsyncIterable, AsyncIterator

from services.mail.domain.mime.unbinary import SignedBinary, Unbinary
from services.mail.smtp.codec.data import ChunkDecoder
from services.mail.smtp.codec.reply import Refused


async def unbinary(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Its octets, parts in binary as base64. Raises `Refused` (554 5.6.3) where a signature forbids that,
    `InvalidInput` for what cannot be read."""
    parts, lines = Unbinary(), ChunkDecoder()
    try:
        async for chunk in chunks:
            if octets := lines.feed(parts.feed(chunk)):
                yield octets
        yield lines.feed(parts.close()) + lines.close()
    except SignedBinary as error:
        raise Refused(554, "5.6.3", error.detail) from error
