"""Read a letter as a browser may show it: safe, and with what is to be known of it."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from chassis.blocking import run_blocking
from chassis.errors import NotFound, PreconditionFailed
from services.mail.domain import header as header_fields
from services.mail.domain.composing.flowed import unflowed
from services.mail.domain.message import Message, Source
from services.mail.domain.mime import Address, Attachment, Part
from services.mail.domain.mime.addresses import addresses
from services.mail.domain.mime.fields import unfolded
from services.mail.domain.mime.headers import LONGEST_HEADER, parts_of, read_header
from services.mail.domain.mime.leaves import Leaves
from services.mail.domain.mime.parameters import parameter
from services.mail.domain.mime.text import decoded_body
from services.mail.domain.mime.words import decoded, to_text
from services.mail.domain.reading import danger, markup, tnef
from services.mail.domain.reading.danger import Danger
from services.mail.domain.reading.sealed import Sealed, sealed_by_parts, sealed_by_text
from services.mail.domain.reading.senders import Claimed, Warned, warnings_of
from services.mail.usecases.context import Mail, RemoteImage
from services.mail.usecases.read_message import TEXT_OCTETS, open_attachment, open_message, open_part, shown_text
from services.mail.usecases.sources import open_source, source_of

# Messages up to this size are read at once; of others, headers and text are read one by one.
AT_ONCE = 256 * 1024
# Headers of such others that are read.
MOST_HEADERS = 200
_SHOWN_INLINE = frozenset(("image/png", "image/gif", "image/jpeg", "image/webp", "image/bmp"))


@dataclass(frozen=True, slots=True)
class ReadAttachment:
    """An attachment, why not to open it, and what is in it when it is a winmail.dat."""

    attachment: Attachment
    dangers: set[Danger]
    files: list[tuple[tnef.File, set[Danger]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Content:
    """What is shown of a letter. `shown` is empty for one that is plain, or encrypted."""

    text: str
    shown: markup.Cleaned
    warned: set[Warned]
    attachments: list[ReadAttachment]
    sealed: Sealed
    truncated: bool
    refused: bool


@dataclass(frozen=True, slots=True)
class Quotable:
    """A letter's words as they may be written on: the HTML, not clean yet, and the part that it is."""

    text: str
    html: str
    part: str


_NOTHING = markup.Cleaned("", "", (), 0, ())


async def read_content(mail: Mail, owner: str, message_id: str, path: str, *, remote_images: bool = False) -> Content:
    """Raises `NotFound`. `path` is the message's own, for its images; with `remote_images` for those of others too."""
    found, source = await open_message(mail, owner, message_id)
    opened = await _opened(mail, source)
    html, text = await _html(mail, opened), await _text(mail, opened)
    sealed = _sealed(source, text, html.markup)
    shown = _NOTHING
    refused = sealed is Sealed.NOT and markup.too_deep(html.markup)
    if sealed is Sealed.NOT and html.markup and not refused:
        shown = await run_blocking(_cleaned, mail, path, source, html.markup, remote_images)
    attachments = [
        await _looked_at(mail, owner, message_id, source, each) for each in source.attachments if each.part != html.part
    ]
    return Content(
        text=text,
        shown=shown,
        warned=await _warned(mail, found, source, opened),
        attachments=attachments,
        sealed=sealed,
        truncated=html.truncated or (source.text_part is not None and source.text_part.length > TEXT_OCTETS),
        refused=refused,
    )


async def read_quotable(mail: Mail, source: Source) -> Quotable | None:
    """None for what is encrypted: none of it belongs into another letter. HTML that is too deep is left out."""
    opened = await _opened(mail, source)
    html, text = await _html(mail, opened), await _text(mail, opened)
    if _sealed(source, text, html.markup) is not Sealed.NOT:
        return None
    if markup.too_deep(html.markup):
        return Quotable(text, "", "")
    return Quotable(text, html.markup, html.part)


async def fetch_remote_image(mail: Mail, owner: str, message_id: str, number: int) -> RemoteImage:
    """The image that a letter of the account's has under that number. Raises `NotFound` when it has none, and what
    fetching raises."""
    source = await source_of(mail, owner, message_id)
    opened = await _opened(mail, source)
    html = await _html(mail, opened)
    sealed = _sealed(source, await _text(mail, opened), html.markup)
    if sealed is not Sealed.NOT or not html.markup or markup.too_deep(html.markup):
        raise NotFound("No such image")
    shown = await run_blocking(_cleaned, mail, "", source, html.markup, True)
    if not 0 < number <= len(shown.images):
        raise NotFound("No such image")
    if mail.remote_images is None:
        raise PreconditionFailed("Images of other servers are not fetched here")
    return await mail.remote_images.fetch(shown.images[number - 1])


async def open_attached_file(
    mail: Mail, owner: str, message_id: str, part: str, number: int, *, offset: int = 0, length: int | None = None
) -> tuple[tnef.File, AsyncIterator[bytes]]:
    """A file of a winmail.dat, its octets from `offset` on. Raises `NotFound`."""
    opened = await open_part(mail, owner, message_id, part)
    files = await _files(opened.attachment, opened.octets, opened.content)
    if not 0 < number <= len(files):
        raise NotFound("No such file")
    wanted = files[number - 1]
    start = min(offset, wanted.length)
    left = wanted.length - start if length is None else min(length, wanted.length - start)
    if not left:
        return wanted, _nothing()
    again = await open_part(mail, owner, message_id, part, offset=wanted.offset + start, length=left)
    return wanted, again.content


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A source whose headers have been read; `whole`: all its octets when it is small."""

    source: Source
    header: bytes
    leaves: Leaves
    whole: bytes | None


@dataclass(frozen=True, slots=True)
class _Html:
    part: str
    markup: str
    truncated: bool


async def _opened(mail: Mail, source: Source) -> _Opened:
    whole = await _octets(mail, source, None, 0, source.size) if source.size <= AT_ONCE else None
    root, first = source.structure.root, b""
    for number, part in enumerate(parts_of(source.structure)):
        length = min(part.header_length, LONGEST_HEADER)
        if whole is not None or number < MOST_HEADERS:
            header = await _octets(mail, source, whole, part.header_start, length)
        else:
            # Of a large letter in very many parts the last ones are opaque, and no text to be shown.
            header = b"Content-Type: application/octet-stream\r\n"
        read_header(part, header, outermost=part is root)
        first = header if part is root else first
    return _Opened(source, first, Leaves(root), whole)


async def _text(mail: Mail, opened: _Opened) -> str:
    """The text, its soft line ends taken out (RFC 3676 §4); its first MiB, and empty when there is none."""
    part, found = opened.source.text_part, opened.leaves.text()
    if part is None:
        return ""
    length = min(part.length, TEXT_OCTETS)
    text = shown_text(part, await _octets(mail, opened.source, opened.whole, part.offset, length))
    is_flowed = found is not None and parameter(found[1].parameters, "format").lower() == "flowed"
    return unflowed(text) if is_flowed else text


async def _octets(mail: Mail, source: Source, whole: bytes | None, offset: int, length: int) -> bytes:
    """Of a message, `whole` if it is at hand."""
    if whole is not None:
        return whole[offset : offset + length]
    return b"".join([piece async for piece in open_source(mail, source, offset=offset, length=length)])


async def _html(mail: Mail, opened: _Opened) -> _Html:
    found = opened.leaves.html()
    if found is None:
        return _Html("", "", False)
    path, part = found
    length = min(part.body_length, TEXT_OCTETS)
    octets = await _octets(mail, opened.source, opened.whole, part.body_start, length)
    body = decoded_body(octets, part.encoding.decode("ascii", "replace"))
    return _Html(path, to_text(body, parameter(part.parameters, "charset")), length < part.body_length)


def _sealed(source: Source, text: str, html: str) -> Sealed:
    by_parts = sealed_by_parts(parts_of(source.structure))
    return sealed_by_text(text, html) if by_parts is Sealed.NOT else by_parts


def _cleaned(mail: Mail, path: str, source: Source, html: str, remote_images: bool) -> markup.Cleaned:
    inline = {
        each.content_id: f"{path}/attachments/{each.part}"
        for each in source.attachments
        if each.content_id and each.content_type in _SHOWN_INLINE
    }
    ours = mail.domains.names
    if remote_images:
        return markup.clean(html, inline=inline, ours=ours, image=lambda number: f"{path}/images/{number}")
    return markup.clean(html, inline=inline, ours=ours)


async def _looked_at(mail: Mail, owner: str, message_id: str, source: Source, attachment: Attachment) -> ReadAttachment:
    octets = None
    if danger.wants_a_look(attachment.content_type, attachment.length):
        octets = b"".join([piece async for piece in open_attachment(mail, source, attachment)])
    dangers = await run_blocking(danger.dangers_of, attachment.filename, attachment.content_type, octets)
    if not _is_tnef(attachment):
        return ReadAttachment(attachment, dangers)
    if octets is None:
        part = await open_part(mail, owner, message_id, attachment.part)
        files = await _files(attachment, part.octets, part.content)
        return ReadAttachment(attachment, dangers, [(file, danger.dangers_of(file.name, "")) for file in files])
    within = await run_blocking(_within, octets)
    return ReadAttachment(attachment, dangers, within)


def _within(octets: bytes) -> list[tuple[tnef.File, set[Danger]]]:
    return [
        (file, danger.dangers_of(file.name, "", octets[file.offset : file.offset + file.length]))
        for file in tnef.files(octets)
    ]


def _is_tnef(attachment: Attachment) -> bool:
    return attachment.content_type in tnef.TYPES or attachment.filename.lower() == "winmail.dat"


async def _files(attachment: Attachment, octets: int, content: AsyncIterator[bytes]) -> list[tnef.File]:
    if not _is_tnef(attachment) or octets > tnef.MOST_OCTETS:
        return []
    return tnef.files(b"".join([piece async for piece in content]))


async def _warned(mail: Mail, found: Message, source: Source, opened: _Opened) -> set[Warned]:
    root = source.structure.root
    claimed = Claimed(
        raw=tuple(header_fields.raw_values(opened.header, "from")),
        authors=tuple(found.from_),
        answers=tuple(_people(root)),
        subject=found.subject,
    )
    warned = warnings_of(claimed, mail.domains.names)
    if await _names_a_colleague(mail, found.from_):
        warned.add(Warned.NAME_OF_COLLEAGUE)
    return warned


def _people(root: Part) -> Iterable[Address]:
    for mailbox in addresses(unfolded(root.fields.get(b"reply-to", b""))):
        if mailbox.host and mailbox.local:
            yield Address("", decoded(mailbox.local + b"@" + mailbox.host))


async def _names_a_colleague(mail: Mail, authors: Iterable[Address]) -> bool:
    """Whether somebody from elsewhere bears the name of one of ours."""
    for author in authors:
        if author.name and not mail.domains.hold(author.address) and await mail.people.bears(author.name):
            return True
    return False
