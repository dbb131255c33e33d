"""Letters of a custodian that wait for their time or for approval: in no mailbox, and its own to take back."""

from dataclasses import replace

from chassis.errors import NotFound
from services.mail.domain.matters import WAITING
from services.mail.domain.message import Arrival, Placed
from services.mail.domain.outgoing import with_bcc
from services.mail.domain.passing import header_and_body
from services.mail.store.encoding import described, message, message_document, source
from services.mail.store.held import Held
from services.mail.store.preserved import PreservedMessage
from services.mail.usecases.context import Mail
from services.mail.usecases.store_source import content_of


async def waiting_messages(mail: Mail, owner: str, after: str, most: int) -> list[PreservedMessage]:
    """The eldest first, after an id. An account has few (`MOST_HELD`), and each is read."""
    # What is approved goes from the one to the other.
    found = [each.held for each in await mail.store.awaiting.of(owner)] + await mail.store.held.of(owner)
    by_id = {each.id: each for each in found if each.id > after}
    return [await _waiting(mail, by_id[held_id]) for held_id in sorted(by_id)[:most]]


async def waiting_message(mail: Mail, owner: str, held_id: str) -> PreservedMessage:
    """Raises `NotFound`."""
    awaiting = await mail.store.awaiting.one(owner, held_id)
    held = awaiting.held if awaiting is not None else await mail.store.held.one(owner, held_id)
    if held is None:
        raise NotFound("No such message")
    return await _waiting(mail, held)


async def _waiting(mail: Mail, held: Held) -> PreservedMessage:
    """As its sender's copy will be."""
    blob, at = held.accepted.blob, held.accepted.at
    content = await content_of(mail, blob)
    header, _ = await header_and_body(mail.blobs.open(blob), mail.options.max_message)
    own = replace(content, description=with_bcc(content.description, held.bcc, header))
    placed = Placed(held.id, "", 0, 0, 0)
    document = message_document(held.owner, placed, Arrival(own, held.bcc, (), at), described(own), "", at)
    return PreservedMessage(held.id, "", WAITING, at, message(document), source(document), None)
