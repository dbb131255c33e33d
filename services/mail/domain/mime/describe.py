"""From a message's structure to what lists, IMAP and REST tell of it."""

from services.mail.domain.mime.addresses import Mailbox
from services.mail.domain.mime.dates import date_of
from services.mail.domain.mime.description import Address, CalendarPart, MessageDescription, TextPart
from services.mail.domain.mime.fields import unfolded
from services.mail.domain.mime.imapform import bodies, envelope, people_of
from services.mail.domain.mime.leaves import Leaves
from services.mail.domain.mime.parameters import parameter
from services.mail.domain.mime.references import references_of
from services.mail.domain.mime.structure import Part, Structure
from services.mail.domain.mime.text import decode_text, preview_of
from services.mail.domain.mime.words import decoded

MOST_CHARACTERS = 2_000
PLAIN_OCTETS = 1_200


def describe(structure: Structure) -> MessageDescription:
    """Never fails, whatever the message."""
    root = structure.root
    fields = root.fields
    full, plain = bodies(root)
    people = people_of(fields)
    senders = _people(people, b"from")
    leaves = Leaves(root)
    text, calendar, notification = leaves.text(), leaves.calendar(), leaves.notification()
    status = leaves.delivery_status()
    date = fields.get(b"date")
    return MessageDescription(
        envelope=envelope(fields, people),
        bodystructure=full,
        body=plain,
        subject=_plain_field(fields, b"subject"),
        sender=_display(senders[0]) if senders else "",
        from_=senders,
        to=_people(people, b"to"),
        cc=_people(people, b"cc"),
        bcc=_people(people, b"bcc"),
        date=date_of(unfolded(date)) if date else None,
        message_id=_plain_field(fields, b"message-id"),
        references=references_of(*(_whole_field(fields, name) for name in (b"references", b"in-reply-to"))),
        preview=_preview(text[1]) if text else "",
        attachments=leaves.attachments(text[1] if text else None),
        text_part=_text_part(*text) if text else None,
        calendar=_calendar_part(*calendar) if calendar else None,
        notification=_text_part(*notification) if notification else None,
        delivery_status=_text_part(*status) if status else None,
        receipt_wanted=bool(fields.get(b"disposition-notification-to", b"").strip()),
    )


def _plain_field(fields: dict[bytes, bytes], name: bytes) -> str:
    value = fields.get(name)
    return decoded(unfolded(value)).strip()[:MOST_CHARACTERS] if value else ""


def _whole_field(fields: dict[bytes, bytes], name: bytes) -> str:
    return unfolded(fields.get(name, b"")).decode("utf-8", "replace")


def _people(people: dict[bytes, list[Mailbox]], name: bytes) -> list[Address]:
    return [
        Address(
            decoded(mailbox.name)[:MOST_CHARACTERS] if mailbox.name else "",
            decoded(mailbox.local + b"@" + mailbox.host if mailbox.host else mailbox.local)[:MOST_CHARACTERS],
        )
        for mailbox in people.get(name, ())
        if mailbox.host is not None and mailbox.local
    ]


def _display(address: Address) -> str:
    return f"{address.name} <{address.address}>" if address.name else address.address


def _preview(part: Part) -> str:
    if not part.prefix:
        return ""
    # Of plain text a part is enough; lines of base64 are whole quanta, so that a cut at one needs no mending.
    prefix = part.prefix if part.subtype == "html" else part.prefix[:PLAIN_OCTETS]
    cut = prefix.rfind(b"\n") if len(prefix) < part.body_length else -1
    return preview_of(
        decode_text(
            prefix[: cut + 1] if cut > 0 else prefix,
            encoding=part.encoding.decode("ascii", "replace"),
            charset=parameter(part.parameters, "charset"),
            content_type=f"{part.maintype}/{part.subtype}",
        )
    )


def _text_part(path: str, part: Part) -> TextPart:
    return TextPart(
        part=path,
        content_type=f"{part.maintype}/{part.subtype}",
        charset=parameter(part.parameters, "charset"),
        encoding=part.encoding.decode("ascii", "replace"),
        offset=part.body_start,
        length=part.body_length,
    )


def _calendar_part(path: str, part: Part, method: str) -> CalendarPart:
    return CalendarPart(
        part=path,
        method=method,
        charset=parameter(part.parameters, "charset"),
        encoding=part.encoding.decode("ascii", "replace"),
        offset=part.body_start,
        length=part.body_length,
    )
