"""Read messages' octets."""

from collections.abc import AsyncIterator, Sequence

from services.mail.domain.message import Source
from services.mail.domain.mime.headers import LONGEST_HEADER
from services.mail.domain.uids import Range
from services.mail.usecases.context import Mail

PIECE = 64 * 1024
# Of a header whose fields IMAP picks, what is read.
MOST_HEADER = 512 * 1024


async def source_of(mail: Mail, owner: str, message_id: str) -> Source:
    """How to read one message. Raises `NotFound`."""
    return await mail.store.messages.source(owner, message_id)


def sources(mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range]) -> AsyncIterator[Source]:
    """How to read each message of these UIDs, ascending, by one range query; one that is gone is left out."""
    return mail.store.messages.sources(owner, mailbox_id, ranges)


async def open_source(
    mail: Mail, source: Source, *, offset: int = 0, length: int | None = None
) -> AsyncIterator[bytes]:
    """Octets `offset` to `offset + length` of a message, in pieces of at most 64 KiB; to its end without `length`.

    A section is such a range too: `source.structure` tells where each part stands.
    """
    end = source.size if length is None else min(source.size, offset + length)
    before = len(source.prefix)
    for start in range(offset, min(end, before), PIECE):
        yield source.prefix[start : min(end, before, start + PIECE)]
    start = max(offset, before)
    if start < end:
        async for piece in mail.blobs.open(source.blob, offset=start - before, length=end - start):
            yield piece


async def header_octets(mail: Mail, source: Source, most: int = LONGEST_HEADER) -> bytes:
    """A message's header, as much of it as is read."""
    length = min(source.structure.root.header_length, most)
    return b"".join([piece async for piece in open_source(mail, source, length=length)])
