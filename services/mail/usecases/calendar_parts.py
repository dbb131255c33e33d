"""Tell the calendar of what a letter has for it, when the letter comes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from chassis.errors import WorkspaceError
from chassis.events import Fact
from services.mail.domain.envelope import Delivery
from services.mail.domain.message import Content, Placed
from services.mail.domain.mime import CalendarPart, decode_text
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import calendar_part_received

log = structlog.get_logger(__name__)
# Octets, as they are encoded and as they are told: as much as calendar sends itself. The fact lies in the message's own
# document until it is told, so that one large part keeps no other letter from coming.
MOST_ENCODED, MOST_TOLD = 384 * 1024, 256 * 1024


@dataclass(frozen=True, slots=True)
class ForCalendar:
    """What a letter has for the calendar; `text` is empty where it is too long to be told."""

    part: CalendarPart
    text: str


async def calendar_part(mail: Mail, content: Content) -> ForCalendar | None:
    """None for nearly all letters. One that the store does not give now keeps no letter from its recipient: it is told
    without its text."""
    part = content.description.calendar
    if part is None:
        return None
    if part.length > MOST_ENCODED:
        return ForCalendar(part, "")
    try:
        opened = mail.blobs.open(content.blob, offset=part.offset, length=part.length)
        octets = b"".join([piece async for piece in opened])
    except WorkspaceError as error:
        log.warning("calendar_part_not_read", error=str(error))
        return ForCalendar(part, "")
    text = decode_text(octets, encoding=part.encoding, charset=part.charset, content_type="text/calendar")
    return ForCalendar(part, text if len(text.encode("utf-8", "replace")) <= MOST_TOLD else "")


def told_of(
    said: ForCalendar, sender: str, delivery: Delivery, content: Content
) -> Callable[[str, Placed], Fact] | None:
    """How the calendar is told when the letter has its place; None where it is not: of junk."""
    if delivery.junk:
        return None
    return partial(
        calendar_part_received,
        said.part,
        said.text,
        sender,
        delivery.recipient.address,
        delivery.found,
        content.description,
    )
