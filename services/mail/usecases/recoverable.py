"""Keep for a time what is deleted, where its owner can have it back."""

from collections.abc import Sequence
from typing import Any

from services.mail.store.messages import Copy
from services.mail.usecases.context import Mail

# Messages that go together.
AT_ONCE = 500
# So many times in a round.
ROUND = 200


async def keep_deleted(
    mail: Mail, owner: str, mailbox_id: str, name: str, copies: Sequence[Copy], session: Any
) -> None:
    """In the transaction that removes them."""
    if copies:
        now = mail.now()
        due = now + mail.deleted_kept
        await mail.store.recoverable.insert(owner, mailbox_id, name, copies, now, due, session=session)


async def keep_deleted_mailbox(mail: Mail, owner: str, mailbox_id: str, name: str) -> None:
    """Remove the messages of a mailbox that is deleted. Of an account that is no more nothing is kept. Repeatable: what
    another process takes at the same time is taken once."""

    async def some(session: Any) -> int:
        if await mail.store.erasures.known(owner, session=session):
            return 0
        found = await mail.store.messages.some_in(owner, mailbox_id, AT_ONCE, session=session)
        uids = [copy.uid for copy in found]
        await mail.store.messages.remove(owner, mailbox_id, uids, session=session)
        await keep_deleted(mail, owner, mailbox_id, name, found, session)
        return len(found)

    while await mail.store.transaction(some):
        pass
    if await mail.store.erasures.known(owner):
        await mail.store.messages.remove_all(owner, mailbox_id)


async def forget_recoverable(mail: Mail) -> int:
    """Remove for good what was kept long enough; how many. Their blobs go with the next sweep."""
    forgotten = 0
    for _ in range(ROUND):
        due = await mail.store.recoverable.due(mail.now())
        if not due:
            break
        await mail.store.recoverable.remove(due)
        forgotten += len(due)
    return forgotten
