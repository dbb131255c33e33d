"""MIME (RFC 2045 to 2049, 2231, 5322) as mail needs it: one pass over the source, then a description.

    scanner = Scanner()
    async for chunk in source:
        scanner.feed(chunk)
    description = describe(scanner.close())

Nothing here refuses a message: what is odd or too much is kept whole as an opaque part.
"""

from services.mail.domain.mime.describe import describe
from services.mail.domain.mime.description import Address, Attachment, CalendarPart, MessageDescription, TextPart
from services.mail.domain.mime.limits import Limits
from services.mail.domain.mime.scanner import Scanner
from services.mail.domain.mime.structure import Kind, Part, Structure
from services.mail.domain.mime.text import decode_text

__all__ = [
    "Address",
    "Attachment",
    "CalendarPart",
    "Kind",
    "Limits",
    "MessageDescription",
    "Part",
    "Scanner",
    "Structure",
    "TextPart",
    "decode_text",
    "describe",
]
