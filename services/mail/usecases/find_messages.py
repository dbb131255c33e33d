"""Search one or several mailboxes, the newest message first."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from chassis.errors import NotFound
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Message
from services.mail.domain.rights import READ
from services.mail.domain.search import Criterion
from services.mail.domain.uids import ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.search import search
from services.mail.usecases.shared_mailboxes import shared_mailboxes

# Of each mailbox, the newest of what was found.
MOST_FOUND = 1_000

# Where a message stands in the order: microseconds, the number of its mailbox, UID.
Position = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class FoundPage:
    """`after`: where the next page begins; None on the last. `truncated`: there is more than is told on any page."""

    messages: list[Message]
    after: Position | None
    truncated: bool


async def readable_mailboxes(mail: Mail, actor: str) -> list[Mailbox]:
    """Those of functions that an account holds, and of others, in which it may read."""
    return [each.box for each in await shared_mailboxes(mail, actor) if READ in each.rights]


async def find_messages(
    mail: Mail, boxes: Sequence[Mailbox], criterion: Criterion, *, count: int, after: Position | None = None
) -> FoundPage:
    """Messages of mailboxes that the caller may read."""
    truncated = False
    # The latest of all mailboxes, and one more, which tells that there is another page.
    found: list[tuple[Position, Message]] = []
    for number, box in enumerate(boxes):
        try:
            uids = [uid for uid, _ in await search(mail, box.owner, box.id, criterion, newest=MOST_FOUND + 1)]
        except NotFound:  # deleted meanwhile
            continue
        truncated = truncated or len(uids) > MOST_FOUND
        wanted = ranges_of(uids[-MOST_FOUND:])
        async for each in mail.store.messages.messages(box.owner, box.id, wanted):
            position = (int(each.internal_date.timestamp() * 1_000_000), -number, each.uid)
            if after is None or position < after:
                found.append((position, each))
        found = nlargest(count + 1, found, key=lambda item: item[0])
    page = found[:count]
    return FoundPage([each for _, each in page], page[-1][0] if len(found) > count else None, truncated)
