"""Conversations of an account: which one a message that comes is of, and what is in one."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from chassis.errors import NotFound
from services.mail.domain.message import Message
from services.mail.usecases.context import Mail

# Messages of a conversation that are told; automata may make one that never ends.
MOST_MESSAGES = 500


async def find_threads(mail: Mail, owner: str, shared: Sequence[Mapping[str, Any]], *, session: Any) -> list[str]:
    """The conversation of each newcomer, of whose content `shared` is `described`; "" when it begins one by itself.

    Runs after the mailbox's counter was advanced, so that of two that come into it at once one sees the other. A
    message that answers none needs no look: its conversation's id follows from itself. So does that of an answer whose
    References are whole; they are looked up since not every program leaves them so.
    """
    found: list[str] = []
    among: dict[int, str] = {}
    for each in shared:
        thread: str = each["thread"]
        for relative in each["relatives"] if each["references"] else ():
            known = among.get(relative) or await mail.store.messages.thread_by(owner, relative, session=session)
            if known:
                thread = known
                break
        found.append(thread)
        among.update(dict.fromkeys(each["relatives"], thread))
    return found


async def thread(mail: Mail, owner: str, thread_id: str) -> list[Message]:
    """The messages of a conversation in all mailboxes, the oldest first, by one index. Raises `NotFound`.

    `Message.thread_id` names it. Conversations never merge or change their ids (RFC 8474 §5.2).
    """
    found = await mail.store.messages.of_thread(owner, thread_id, MOST_MESSAGES)
    if not found:
        raise NotFound("No such conversation")
    return sorted(found, key=lambda message: ((message.date or message.internal_date).astimezone(UTC), message.id))
