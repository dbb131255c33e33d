"""What the platform tells of a message without opening its source."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Address(NamedTuple):
    """A mailbox of an address field, decoded."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the shown text. `offset` and `length`: octets of its encoded body in the source."""

    # IMAP part number: "2", "2.1".
    part: str
    filename: str
    content_type: str
    encoding: str
    offset: int
    length: int
    inline: bool
    # Without angle brackets.
    content_id: str


@dataclass(frozen=True, slots=True)
class TextPart:
    """The part that is shown as the message's text, or another one that is text."""

    part: str
    # "text/plain" or "text/html".
    content_type: str
    charset: str
    encoding: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """The part that is for the reader's calendar (RFC 6047): text/calendar that says by which method."""

    part: str
    # Upper case: "REQUEST".
    method: str
    charset: str
    encoding: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class MessageDescription:
    """Computed once at delivery. The IMAP forms are complete: literals included, ready to be sent."""

    # RFC 3501 §7.4.2.
    envelope: bytes
    bodystructure: bytes
    body: bytes
    subject: str
    # The first From, as people read it: "Name <address>".
    sender: str
    from_: list[Address]
    to: list[Address]
    cc: list[Address]
    bcc: list[Address]
    # With its zone; None when the field is missing or cannot be read.
    date: datetime | None
    # Angle brackets included; empty when missing.
    message_id: str
    # Ids of the messages above it in its conversation, the eldest first, without brackets.
    references: list[str]
    preview: str
    attachments: list[Attachment]
    text_part: TextPart | None
    calendar: CalendarPart | None = None
    # Of a receipt (RFC 8098 §3), the part that machines read.
    notification: TextPart | None = None
    # Of a report of what became of a letter (RFC 3464 §2.1), the part that machines read.
    delivery_status: TextPart | None = None
    # Its sender asks to be told that it was read (RFC 8098 §2.1); whether anybody is, `services.mail.domain.receipts`
    # says.
    receipt_wanted: bool = False
