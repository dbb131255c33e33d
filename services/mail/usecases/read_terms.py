"""Read of a message what a search looks at."""

from collections.abc import MutableMapping

from chassis.blocking import run_blocking
from services.mail.domain import header as header_fields
from services.mail.domain.message import Source
from services.mail.domain.mime import Attachment, TextPart, decode_text
from services.mail.domain.terms import terms_of
from services.mail.domain.uids import merged
from services.mail.usecases.context import Mail
from services.mail.usecases.sources import open_source

# Of a message's header, and of all its texts.
HEADER_OCTETS, TEXT_OCTETS = 256 * 1024, 512 * 1024
MOST_PARTS = 1_000
# Parts that stand closer than this are read at once.
NEAR_OCTETS = 4 * 1024


async def read_header(mail: Mail, source: Source) -> bytes:
    """As much of a message's header as is looked at."""
    length = min(source.structure.root.body_start, HEADER_OCTETS)
    return b"".join([piece async for piece in open_source(mail, source, length=length)])


async def read_terms(mail: Mail, source: Source, known: MutableMapping[str, frozenset[str]]) -> frozenset[str]:
    """The terms of a message. `known` has those of blobs that were read, which other recipients have too.

    Raises `NotFound` and `Unavailable` as the blob store does.
    """
    own = terms_of(header_fields.fields(source.prefix), (), (), attached=False)
    if source.blob not in known:
        known[source.blob] = await _shared(mail, source)
    return own | known[source.blob]


async def _shared(mail: Mail, source: Source) -> frozenset[str]:
    """The terms of what all recipients have."""
    before = len(source.prefix)
    header_end = min(source.structure.root.body_start, before + HEADER_OCTETS)
    parts, left = [], TEXT_OCTETS
    for part in _texts(source)[:MOST_PARTS]:
        if length := min(part.length, left):
            parts.append((part, length))
        left -= length
    # Many small parts that stand together are read at once, and with the header.
    ends = [(part.offset, part.offset + length - 1) for part, length in parts]
    spans = {}
    for first, last in merged([*ends, *([(before, header_end - 1)] if header_end > before else [])], NEAR_OCTETS):
        pieces = open_source(mail, source, offset=first, length=last + 1 - first)
        spans[first, last] = b"".join([piece async for piece in pieces])

    def octets(offset: int, length: int) -> bytes:
        return next(
            (
                found[offset - first : offset - first + length]
                for (first, last), found in spans.items()
                if first <= offset <= last
            ),
            b"",
        )

    header = octets(before, header_end - before)
    return await run_blocking(_terms, source, header, [(part, octets(part.offset, length)) for part, length in parts])


def _texts(source: Source) -> list[TextPart | Attachment]:
    shown: list[TextPart | Attachment] = [source.text_part] if source.text_part else []
    return shown + [part for part in source.attachments if part.content_type.startswith("text/")]


def _terms(source: Source, header: bytes, texts: list[tuple[TextPart | Attachment, bytes]]) -> frozenset[str]:
    return terms_of(
        header_fields.fields(header),
        (part.filename for part in source.attachments),
        (
            decode_text(
                octets,
                encoding=part.encoding,
                charset=part.charset if isinstance(part, TextPart) else "",
                content_type=part.content_type,
            )
            for part, octets in texts
        ),
        attached=has_attachment(source),
    )


def has_attachment(source: Source) -> bool:
    """Whether something is attached; what a text shows within itself, as a signature's picture, is not."""
    return any(not part.inline for part in source.attachments)
