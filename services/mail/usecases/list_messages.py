"""List a mailbox from its newest message on."""

from dataclasses import dataclass

from services.mail.domain.message import Message
from services.mail.usecases.context import Mail

# UIDs that one query looks through, at most: where messages were removed there may be few in many.
WIDEST = 2000


@dataclass(frozen=True)
class MessagePage:
    """Messages, newest first, and the UID below which the next page begins; None after the last."""

    messages: list[Message]
    below: int | None


async def list_messages(
    mail: Mail, owner: str, mailbox_id: str, *, count: int, below: int | None = None
) -> MessagePage:
    """The `count` newest messages whose UIDs are below `below`. Raises `NotFound` (mailbox).

    Pages stay as they are while mail arrives: what arrives has higher UIDs. Windows of UIDs are read, wider while
    little is found, since the database reads all that a sort with a limit could choose from.
    """
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    last = min(box.uid_next, below or box.uid_next) - 1
    found: list[Message] = []
    wide = count * 2
    while last > 0 and len(found) <= count:
        first = max(1, last - wide + 1)
        found.extend(reversed(await mail.store.messages.listed(owner, mailbox_id, first, last)))
        last, wide = first - 1, min(wide * 2, WIDEST)
    more = len(found) > count
    return MessagePage(found[:count], found[count - 1].uid if more else None)
