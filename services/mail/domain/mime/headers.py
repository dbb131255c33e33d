"""Headers read again for a structure that knows only where its parts stand."""

from collections.abc import Iterator

from services.mail.domain.mime.fields import CONTENT_FIELDS, MESSAGE_FIELDS, read_fields, unfolded
from services.mail.domain.mime.parameters import content_type
from services.mail.domain.mime.structure import Kind, Part, Structure

# A header that is longer says nothing of its part.
LONGEST_HEADER = 64 * 1024


def parts_of(structure: Structure) -> Iterator[Part]:
    """Every part of the message itself; what an embedded message holds is that message's."""
    waiting = [structure.root]
    while waiting:
        part = waiting.pop()
        yield part
        if part.kind is Kind.MULTIPART:
            waiting.extend(reversed(part.children))


def read_header(part: Part, header: bytes, *, outermost: bool = False) -> None:
    """Fill in what a part's header says of it, as the scan that found the part did."""
    part.fields, _ = read_fields(header, MESSAGE_FIELDS if outermost else CONTENT_FIELDS)
    value = part.fields.get(b"content-type")
    typed = content_type(unfolded(value)) if value else None
    if typed is not None:
        part.maintype, part.subtype, part.parameters = typed
    encoding = part.fields.get(b"content-transfer-encoding")
    if encoding:
        part.encoding = unfolded(encoding).split(b";", 1)[0].strip().lower()[:40] or b"7bit"
    if part.kind is Kind.MESSAGE:
        part.maintype, part.subtype = "message", "rfc822"
    elif part.kind is Kind.LEAF and part.maintype in ("multipart", "message") and part.subtype != "delivery-status":
        part.maintype, part.subtype = "application", "octet-stream"
