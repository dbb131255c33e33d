"""Take a message's octets into the blob store."""

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing

from services.mail.domain.message import Content
from services.mail.domain.mime import Scanner, describe
from services.mail.usecases.context import Mail


async def store_source(mail: Mail, chunks: AsyncIterable[bytes], *, limit: int | None = None) -> Content:
    """Store the octets and describe them in the same pass, without holding them.

    The blob belongs to nobody until a use case names it in a document; else it is swept after a grace time. Raises
    `TooLarge` beyond `limit` (the service's own when None), `Unavailable` when the object store refuses; where malware
    is looked for, `Forbidden` for what carries some, and `Unavailable` for what nobody could look at.
    """
    scanner = Scanner()

    async def scanned() -> AsyncGenerator[bytes, None]:
        async for given in chunks:
            # RFC 3501 §9 has no place for NUL, even in a literal.
            chunk = given.replace(b"\x00", b"\x80") if b"\x00" in given else given
            scanner.feed(chunk)
            yield chunk

    async with aclosing(scanned() if mail.malware is None else mail.malware.passing(scanned())) as passing:
        stored = await mail.blobs.put(passing, limit=mail.max_message if limit is None else limit)
    structure = scanner.close()
    return Content(stored.address, stored.size, structure, describe(structure))


async def content_of(mail: Mail, blob: str) -> Content:
    """Describe what is in the blob store already. Raises `NotFound`."""
    scanner = Scanner()
    async for chunk in mail.blobs.open(blob):
        scanner.feed(chunk)
    structure = scanner.close()
    return Content(blob, structure.size, structure, describe(structure))
