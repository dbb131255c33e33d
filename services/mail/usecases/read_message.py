"""Read a message as people do: its text, its parts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chassis.errors import NotFound
from services.mail.domain.message import Message, Source
from services.mail.domain.mime import Attachment, Kind, Part, TextPart, decode_text
from services.mail.domain.mime.fields import read_fields, unfolded
from services.mail.domain.transfer import decoder
from services.mail.usecases.context import Mail
from services.mail.usecases.sources import open_source

# Encoded octets of a text that is shown; what is longer is read from the part itself.
TEXT_OCTETS = 1024 * 1024
# Of a part's header, what is looked through for its encoding.
MOST_HEADER = 256 * 1024
_DECODED = frozenset(("", "7bit", "8bit", "binary", "base64", "quoted-printable"))


async def get_message(mail: Mail, owner: str, message_id: str) -> Message:
    """Raises `NotFound`."""
    return await mail.store.messages.get(owner, message_id)


async def open_message(mail: Mail, owner: str, message_id: str) -> tuple[Message, Source]:
    """A message and how to read it. Raises `NotFound`."""
    return await mail.store.messages.opened(owner, message_id)


async def read_text(mail: Mail, source: Source) -> str:
    """The text that is shown, plain or made plain, its first MiB; empty when there is none."""
    text = source.text_part
    if text is None:
        return ""
    length = min(text.length, TEXT_OCTETS)
    octets = b"".join([piece async for piece in open_source(mail, source, offset=text.offset, length=length)])
    return shown_text(text, octets)


def shown_text(text: TextPart, octets: bytes) -> str:
    return decode_text(octets, encoding=text.encoding, charset=text.charset, content_type=text.content_type)


class UnknownEncoding(Exception):
    """A part is encoded in a way that nobody here can undo."""


@dataclass(frozen=True)
class OpenPart:
    """A part to be read: `octets` is its decoded length."""

    attachment: Attachment
    octets: int
    content: AsyncIterator[bytes]


async def open_part(
    mail: Mail, owner: str, message_id: str, part: str, *, offset: int = 0, length: int | None = None
) -> OpenPart:
    """A part's decoded octets from `offset`, `length` of them or all. Raises `NotFound` (message or part).

    How long a part is when decoded is known only after decoding; it is counted once and kept.
    """
    source = await mail.store.messages.source(owner, message_id)
    attachment = next((one for one in _parts(source) if one.part == part), None)
    if attachment is None:
        raise NotFound("No such part")
    octets = await _octets(mail, owner, source, attachment)
    end = octets if length is None else min(octets, offset + length)
    return OpenPart(attachment, octets, cut(open_attachment(mail, source, attachment), offset, end))


def _parts(source: Source) -> list[Attachment]:
    """The attachments, and the shown text as one more: longer texts than are shown are read that way."""
    text = source.text_part
    if text is None:
        return source.attachments
    shown = Attachment(
        part=text.part,
        filename="",
        content_type=text.content_type,
        encoding=text.encoding,
        offset=text.offset,
        length=text.length,
        inline=True,
        content_id="",
    )
    return [*source.attachments, shown]


async def open_decoded(mail: Mail, owner: str, source: Source, path: tuple[int, ...]) -> OpenPart | None:
    """Any part by its IMAP number, none for the whole message; None when there is no such part.

    Raises `UnknownEncoding`.
    """
    part = source.structure.find(path) if path else source.structure.root
    if part is None:
        return None
    whole = not path
    encoding = "" if whole or part.kind is not Kind.LEAF else await _encoding(mail, source, part)
    if encoding not in _DECODED:
        raise UnknownEncoding(encoding)
    attachment = Attachment(
        part=".".join(map(str, path)),
        filename="",
        content_type="",
        encoding=encoding,
        offset=0 if whole else part.body_start,
        length=source.size if whole else part.body_length,
        inline=False,
        content_id="",
    )
    octets = await _octets(mail, owner, source, attachment)
    return OpenPart(attachment, octets, open_attachment(mail, source, attachment))


async def _encoding(mail: Mail, source: Source, part: Part) -> str:
    """What a part's header says, of which the layout that is kept tells no more than where it stands."""
    length = min(part.header_length, MOST_HEADER)
    pieces = [piece async for piece in open_source(mail, source, offset=part.header_start, length=length)]
    fields, _ = read_fields(b"".join(pieces), frozenset((b"content-transfer-encoding",)))
    value = unfolded(fields.get(b"content-transfer-encoding", b""))
    return value.partition(b";")[0].strip().lower().decode("ascii", "replace")


async def _octets(mail: Mail, owner: str, source: Source, attachment: Attachment) -> int:
    if attachment.encoding not in ("base64", "quoted-printable"):
        return attachment.length
    kept = await mail.store.messages.octets(owner, source.id, attachment.part)
    if kept is not None:
        return kept
    counted = 0
    async for piece in open_attachment(mail, source, attachment):
        counted += len(piece)
    await mail.store.messages.note_octets(owner, source.id, attachment.part, counted)
    return counted


async def open_attachment(mail: Mail, source: Source, attachment: Attachment) -> AsyncIterator[bytes]:
    """All its octets, decoded."""
    undo = decoder(attachment.encoding)
    async for piece in open_source(mail, source, offset=attachment.offset, length=attachment.length):
        yield undo.feed(piece)
    yield undo.close()


async def cut(pieces: AsyncIterator[bytes], start: int, end: int) -> AsyncIterator[bytes]:
    """The octets from `start` to `end`, and nothing read after them."""
    at = 0
    async for piece in pieces:
        wanted = piece[max(0, start - at) : max(0, end - at)]
        at += len(piece)
        if wanted:
            yield wanted
        if at >= end:
            return
