"""Take a message's octets into the blob store."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from functools import partial

from services.mail.domain.message import Content
from services.mail.domain.mime import Scanner, describe
from services.mail.domain.mime.binary import in_base64
from services.mail.usecases.context import Mail


async def store_source(
    mail: Mail, chunks: AsyncIterable[bytes], *, limit: int | None = None, binary: bool = False
) -> Content:
    """Store the octets and describe them in the same pass, without holding them.

    With `binary` parts may be in the clear (RFC 3030 §3); what is kept has them in base64, since not everybody who
    reads a message can take NUL (RFC 3516 §4.3).

    The blob belongs to nobody until a use case names it in a document; else it is swept after a grace time. Raises
    `TooLarge` beyond `limit` (the service's own when None), `Unavailable` when the object store refuses; where malware
    is looked for, `Forbidden` for what carries some, and `Unavailable` for what nobody could look at.
    """
    if binary:
        raw = await _stored(mail, chunks, limit)
        chunks = in_base64(raw.structure, partial(_octets, mail, raw))
    return await _stored(mail, _without_nul(chunks), limit)


async def store_octets(mail: Mail, source: bytes) -> Content:
    """The same of a letter that is at hand, as the platform writes them."""

    async def once() -> AsyncIterator[bytes]:
        yield source

    return await store_source(mail, once())


async def _without_nul(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """RFC 3501 §9 has no place for NUL, even in a literal."""
    async for chunk in chunks:
        yield chunk.replace(b"\x00", b"\x80") if b"\x00" in chunk else chunk


def _octets(mail: Mail, content: Content, start: int, end: int) -> AsyncIterator[bytes]:
    return mail.blobs.open(content.blob, offset=start, length=end - start)


async def _stored(mail: Mail, chunks: AsyncIterable[bytes], limit: int | None) -> Content:
    scanner = Scanner()

    async def scanned() -> AsyncGenerator[bytes, None]:
        async for chunk in chunks:
            scanner.feed(chunk)
            yield chunk

    async with aclosing(scanned() if mail.malware is None else mail.malware.passing(scanned())) as passing:
        stored = await mail.blobs.put(passing, limit=mail.options.max_message if limit is None else limit)
    structure = scanner.close()
    return Content(stored.address, stored.size, structure, describe(structure))


async def content_of(mail: Mail, blob: str) -> Content:
    """Describe what is in the blob store already. Raises `NotFound`."""
    scanner = Scanner()
    async for chunk in mail.blobs.open(blob):
        scanner.feed(chunk)
    structure = scanner.close()
    return Content(blob, structure.size, structure, describe(structure))
