"""Find messages of a mailbox, in the order in which they are wanted."""

from collections.abc import Sequence

from services.mail.domain.order import Criterion, in_order
from services.mail.domain.search import Criterion as Wanted
from services.mail.domain.uids import ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.search import search


async def sort(
    mail: Mail, owner: str, mailbox_id: str, wanted: Wanted, order: Sequence[Criterion]
) -> list[tuple[int, int]]:
    """(UID, modseq) of the messages that meet `wanted`. Raises `NotFound` (mailbox)."""
    found = await search(mail, owner, mailbox_id, wanted)
    uids = {uid for uid, _ in found}
    listed = mail.store.messages.messages(owner, mailbox_id, ranges_of(uids), with_sources=False)
    messages = [message async for message, _ in listed if message.uid in uids]
    return [(message.uid, message.modseq) for message in in_order(messages, order)]
