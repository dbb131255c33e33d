"""Take in a letter to a distribution list; its members get it by `expand_lists`, once a moderator accepted
it where it has to wait for one."""

from typing import Any

import structlog

from chassis.ids import new_id
from services.mail.domain.envelope import Delivery, without_detail
from services.mail.domain.message import Content
from services.mail.store.list_letters import ListLetter
from services.mail.usecases.await_moderation import to_wait
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import moderation_requested

log = structlog.get_logger(__name__)


async def post_to_list(
    mail: Mail, list_id: str, *, sender: str, delivery: Delivery, content: Content, repeat: str
) -> None:
    """Durable when it returns. What comes back from somewhere, by its null sender or to the address that bounces go to,
    is no letter to the members, and ends here. Raises `Repeated`, `Unavailable`."""
    address = delivery.recipient.address
    if not sender or without_detail(address) != address:
        log.info("bounce_to_list_dropped", list=list_id)
        return
    now = mail.now()
    letter = ListLetter(new_id(), list_id, content.blob, _without_return_path(delivery.prefix), now, now)
    waiting = await to_wait(mail, letter, delivery.author, sender, content)

    async def act(session: Any) -> None:
        await mail.store.repeats.note(repeat, now, result=letter.id, session=session)
        if waiting is None:
            await mail.store.list_letters.insert(letter, session=session)
            return
        await mail.store.moderated.insert(waiting, session=session)
        await mail.store.notices.tell([moderation_requested(list_id, letter.id)], session=session)

    await mail.store.transaction(act)


def _without_return_path(prefix: bytes) -> bytes:
    """The envelope of what members get is from the list."""
    lines = prefix.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lower().startswith(b"return-path:"))
