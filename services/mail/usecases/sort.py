"""Find messages of a mailbox, in the order in which they are wanted, or as what answers what."""

from collections.abc import Sequence

from chassis.blocking import run_blocking
from services.mail.domain.message import Message
from services.mail.domain.order import Criterion, in_order
from services.mail.domain.search import Criterion as Wanted
from services.mail.domain.thread_trees import Algorithm, Tree, threaded
from services.mail.domain.uids import ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.search import search


async def sort(
    mail: Mail, owner: str, mailbox_id: str, wanted: Wanted, order: Sequence[Criterion]
) -> list[tuple[int, int]]:
    """(UID, modseq) of the messages that meet `wanted`. Raises `NotFound` (mailbox)."""
    messages = await _found(mail, owner, mailbox_id, wanted)
    return [(message.uid, message.modseq) for message in in_order(messages, order)]


async def arrange(mail: Mail, owner: str, mailbox_id: str, wanted: Wanted, algorithm: Algorithm) -> list[Tree]:
    """The messages that meet `wanted` as trees. Raises `NotFound` (mailbox)."""
    messages = await _found(mail, owner, mailbox_id, wanted)
    return await run_blocking(threaded, messages, algorithm)


async def _found(mail: Mail, owner: str, mailbox_id: str, wanted: Wanted) -> list[Message]:
    """Ascending by UID."""
    uids = {uid for uid, _ in await search(mail, owner, mailbox_id, wanted)}
    listed = mail.store.messages.messages(owner, mailbox_id, ranges_of(uids))
    return [message async for message in listed if message.uid in uids]
