"""What an answer to a letter begins with."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.blocking import run_blocking
from services.mail.domain import header as header_fields
from services.mail.domain.composing.answers import (
    Kind,
    Original,
    quoted_html,
    quoted_text,
    recipients_of,
    subject_of,
)
from services.mail.domain.message import Message, Source
from services.mail.domain.mime import Address, Attachment
from services.mail.domain.mime.addresses import addresses
from services.mail.domain.mime.words import decoded
from services.mail.domain.reading.markup import clean_own, content_ids
from services.mail.usecases.context import Mail
from services.mail.usecases.read_content import read_quotable
from services.mail.usecases.read_message import open_message
from services.mail.usecases.sources import header_octets


@dataclass(frozen=True, slots=True)
class Begun:
    """An answer to be gone on with. `inline`: the content ids that the HTML names; `whole`: the original goes along as
    it came, since it cannot be quoted."""

    to: Sequence[Address]
    cc: Sequence[Address]
    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment]
    inline: set[str]
    whole: bool = False


async def prepare_answer(mail: Mail, owner: str, message_id: str, kind: Kind, own: Sequence[str]) -> Begun:
    """`own` are the addresses of whoever answers. Raises `NotFound`."""
    found, source = await open_message(mail, owner, message_id)
    original = await original_of(mail, found, source)
    to, cc = recipients_of(original, kind, own)
    quotable = await read_quotable(mail, source)
    if quotable is None:
        # Encrypted: nothing of it stands in clear in an answer.
        return Begun(to, cc, subject_of(original, kind), "", "", [], set(), whole=kind is Kind.FORWARD)
    html = await run_blocking(clean_own, quotable.html) if quotable.html else ""
    named = content_ids(html)
    shown = [each for each in source.attachments if each.content_id in named]
    others = [each for each in source.attachments if each not in shown and each.part != quotable.part]
    return Begun(
        to,
        cc,
        subject_of(original, kind),
        quoted_text(original, kind, quotable.text),
        quoted_html(original, kind, html) if html else "",
        [*shown, *others] if kind is Kind.FORWARD else shown,
        named,
    )


async def original_of(mail: Mail, found: Message, source: Source) -> Original:
    """What an answer has to know of a letter."""
    header = await header_octets(mail, source)

    def field(name: str) -> str:
        return next(header_fields.raw_values(header, name), "")

    return Original(
        subject=found.subject,
        authors=found.from_,
        reply_to=people_in(header, "reply-to"),
        to=found.to,
        cc=found.cc,
        date=found.date,
        message_id=found.rfc_message_id,
        references=field("references"),
        in_reply_to=field("in-reply-to"),
    )


def people_in(header: bytes, name: str) -> list[Address]:
    """The people of an address field that no document keeps."""
    return [
        Address(decoded(one.name) if one.name else "", decoded(one.local + b"@" + one.host))
        for value in header_fields.raw_values(header, name)
        for one in addresses(value.encode("latin-1"))
        if one.host and one.local
    ]
