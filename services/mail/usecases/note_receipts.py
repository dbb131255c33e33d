"""Note beside a letter of ours who said that it was read, when receipts of it come in."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from services.mail.domain.authentication.verdicts import Result
from services.mail.domain.envelope import Delivery
from services.mail.domain.message import Content, Message
from services.mail.domain.mime import TextPart
from services.mail.domain.received_receipts import (
    MOST_OCTETS,
    Notification,
    ReceivedReceipt,
    letter_id,
    notification,
)
from services.mail.domain.transfer import decoder
from services.mail.store.submissions import Accepted
from services.mail.usecases.arriving import Arriving
from services.mail.usecases.context import Mail
from services.mail.usecases.resolve_recipient import receives_for

# How long receipts of a letter are looked for, and shown beside it.
LOOKED_FOR = timedelta(days=365)


async def receipts_of(mail: Mail, found: Message) -> list[ReceivedReceipt]:
    """Who said that a letter of ours was read; of one that asks for no receipt nothing is looked up."""
    letter = letter_id(found.rfc_message_id) if found.receipt_wanted else ""
    return await mail.store.asked_receipts.of(found.owner, letter) if letter else []


async def ask_for_receipts(mail: Mail, owner: str, accepted: Accepted, content: Content, *, session: Any) -> None:
    """In the transaction that accepts a letter which asks for receipts: whom it goes to may send one."""
    letter = letter_id(content.description.message_id)
    if letter:
        recipients = [*(each.address for each in accepted.local), *accepted.foreign]
        until = accepted.at + LOOKED_FOR
        await mail.store.asked_receipts.ask(owner, letter, recipients, until, session=session)


async def note_receipt(mail: Mail, arriving: Arriving) -> None:
    """Beside the letter of its recipient's that a receipt is of, before the receipt itself has its place: whoever dies
    in between is sent it again, and notes nothing twice. Of other letters nothing is looked up.

    Only of who got the letter, and nothing of junk. Of a colleague only what came by the login of whose the address is;
    of others also what nobody can prove, as such, and nothing that is proven to be from somebody else.
    """
    part, owner, delivery = arriving.content.description.notification, arriving.owner, arriving.delivery
    if part is None or part.length > MOST_OCTETS or delivery.junk:
        return
    said = await _said(mail, arriving.content, part)
    recipients = await mail.store.asked_receipts.recipients(owner, said.message_id) if said is not None else []
    by = next((each for each in said.by if each in recipients), "") if said is not None else ""
    if said is None or not by:
        return
    proven = await _proven(mail, by, delivery, arriving.content)
    if proven is not None:
        receipt = ReceivedReceipt(by, mail.now(), said.disposition, proven)
        await mail.store.asked_receipts.note(owner, said.message_id, recipients.index(by), receipt)


async def _said(mail: Mail, content: Content, part: TextPart) -> Notification | None:
    pieces = [piece async for piece in mail.blobs.open(content.blob, offset=part.offset, length=part.length)]
    undo = decoder(part.encoding)
    return notification(undo.feed(b"".join(pieces)) + undo.close())


async def _proven(mail: Mail, by: str, delivery: Delivery, content: Content) -> bool | None:
    """Whether an address is proven to have sent it; None where somebody else did."""
    authors, found = {each.address.lower() for each in content.description.from_}, delivery.found
    if mail.domains.hold(by):
        # A script passes on what others wrote, by its owner's login too: From says who sent it by their own.
        return True if found is None and await _sent_by(mail, delivery.author, {by, *authors}) else None
    if found is None or found.dmarc is Result.FAIL:
        return None
    domain = by.rpartition("@")[2]
    aligned = found.dmarc is Result.PASS and {each.rpartition("@")[2] for each in authors} == {domain}
    return aligned or domain in found.proven


async def _sent_by(mail: Mail, author: str, addresses: Iterable[str]) -> bool:
    """Whether all these addresses are an account's."""
    return bool(author) and all([await receives_for(mail, author, each) for each in addresses])
