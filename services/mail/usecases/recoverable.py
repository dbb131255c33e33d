"""Keep for a time what is deleted, where its owner can have it back."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from services.mail.store.messages import Copy
from services.mail.usecases.context import Mail
from services.mail.usecases.custody import custody_of, matters_in_force, preserve
from services.mail.usecases.retention import retention_of

# Messages that go together.
AT_ONCE = 500
# So many times in a round.
ROUND = 200


async def keep_deleted(
    mail: Mail, owner: str, mailbox_id: str, name: str, copies: Sequence[Copy], session: Any
) -> None:
    """In the transaction that removes them."""
    if copies:
        now, holds = mail.now(), await retention_of(mail, owner)
        kept = [(copy, holds.recoverable_until(now, copy.document["internal_date"])) for copy in copies]
        await mail.store.recoverable.insert(owner, mailbox_id, name, kept, now, session=session)


async def keep_deleted_mailbox(mail: Mail, owner: str, mailbox_id: str, name: str) -> None:
    """Remove the messages of a mailbox that is deleted. Of an account that is no more nothing is kept, but what
    has to be for a time, and for matters. Repeatable: what another process takes at the same time is taken once."""

    async def erased(session: Any = None) -> bool:
        kept_until = await mail.store.erasures.kept_until(owner, session=session)
        over = kept_until is not None and kept_until <= mail.now()
        return over and not (await custody_of(mail, owner)).matters

    async def some(session: Any) -> int:
        if await erased(session):
            return 0
        found = await mail.store.messages.some_in(owner, mailbox_id, AT_ONCE, session=session)
        uids = [copy.uid for copy in found]
        await mail.store.messages.remove(owner, mailbox_id, uids, session=session)
        await keep_deleted(mail, owner, mailbox_id, name, found, session)
        return len(found)

    while await mail.store.transaction(some):
        pass
    if await erased():
        await mail.store.messages.remove_all(owner, mailbox_id)


async def forget_recoverable(mail: Mail) -> int:
    """Remove for good what was kept long enough; how many. Their blobs go with the next sweep. What a matter needs is
    kept where its owner does not see it."""
    forgotten = 0
    for _ in range(ROUND):
        due = await mail.store.recoverable.due(mail.now())
        if not due:
            break
        await matters_in_force(mail, now=True)
        for owner, document_ids in due.items():
            if (await custody_of(mail, owner)).matters:
                await mail.store.transaction(partial(_preserve, mail, owner, document_ids))
            else:
                await mail.store.recoverable.remove(document_ids)
            forgotten += len(document_ids)
    return forgotten


async def _preserve(mail: Mail, owner: str, document_ids: Sequence[str], session: Any) -> None:
    await preserve(mail, owner, await mail.store.recoverable.expire(document_ids, session=session), session)
