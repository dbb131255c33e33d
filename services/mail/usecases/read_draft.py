"""Read a draft to go on writing it, ours or one of another program's."""

from dataclasses import dataclass

from chassis.blocking import run_blocking
from services.mail.domain import header as header_fields
from services.mail.domain.composing.answers import Kind, answered_by
from services.mail.domain.composing.letter import ANSWERS
from services.mail.domain.message import Message
from services.mail.domain.mime import Address, Attachment
from services.mail.domain.reading.markup import clean_own, content_ids
from services.mail.domain.receipts import ASKED
from services.mail.usecases.context import Mail
from services.mail.usecases.prepare_answer import people_in
from services.mail.usecases.read_content import read_quotable
from services.mail.usecases.sources import header_octets, source_of
from services.mail.usecases.write_draft import draft_of


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it is written on. `answers`: how, and which letter; `inline`: the content ids that the HTML names."""

    message: Message
    reply_to: list[Address]
    text: str
    html: str
    attachments: list[Attachment]
    inline: set[str]
    answers: tuple[Kind, str] | None
    # Whether a receipt is asked for.
    receipt: bool


async def read_draft(mail: Mail, owner: str, message_id: str) -> Draft:
    """Raises what `draft_of` does. What is encrypted is no text to go on with: it is an attachment."""
    found = await draft_of(mail, owner, message_id)
    source = await source_of(mail, owner, message_id)
    header = await header_octets(mail, source)
    quotable = await read_quotable(mail, source)
    html = await run_blocking(clean_own, quotable.html) if quotable is not None and quotable.html else ""
    return Draft(
        message=found,
        reply_to=people_in(header, "reply-to"),
        text=quotable.text if quotable is not None else "",
        html=html,
        attachments=[each for each in source.attachments if quotable is None or each.part != quotable.part],
        inline=content_ids(html),
        answers=answered_by(next(header_fields.values(header, ANSWERS), "")),
        receipt=next(header_fields.values(header, ASKED), None) is not None,
    )
