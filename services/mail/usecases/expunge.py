"""Remove messages for good."""

from collections.abc import Sequence
from typing import Any

from services.mail.domain.flags import DELETED
from services.mail.domain.message import Expunged
from services.mail.domain.uids import ALL, Range, ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import deleted


async def expunge(
    mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range] = ALL, *, only_deleted: bool = True
) -> Expunged:
    """Remove the messages of these UIDs that have \\Deleted, or all of them. Raises `NotFound` (mailbox).

    Naming the UIDs that the session knows to be deleted keeps the cost from growing with the mailbox.
    """
    flag = DELETED if only_deleted else None
    done = await mail.store.transaction(
        lambda session: remove(mail, owner, mailbox_id, ranges, flag=flag, session=session)
    )
    await mail.store.pages.drop(owner, mailbox_id, done.uids)
    return done


async def remove(
    mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], *, flag: str | None = None, session: Any
) -> Expunged:
    """The same as a part of a transaction: of all messages, or of those that have a flag. Their pages are to be dropped
    after it."""
    box = await mail.store.mailboxes.get(owner, mailbox_id, session=session)
    found = await mail.store.messages.extents(owner, mailbox_id, ranges, flag=flag, session=session)
    if not found:
        return Expunged([], box.modseq)
    box = await mail.store.mailboxes.advance(
        owner,
        mailbox_id,
        messages=-len(found),
        unseen=-sum(not item.seen for item in found),
        size=-sum(item.size for item in found),
        session=session,
    )
    uids = [item.uid for item in found]
    await mail.store.messages.remove(owner, mailbox_id, uids, session=session)
    unpublished = [entry for item in found for entry in item.unpublished]
    facts = [*unpublished, deleted(box, uids)]
    await mail.store.tombstones.insert(
        owner, mailbox_id, box.modseq, ranges_of(uids), mail.now(), facts, session=session
    )
    return Expunged(uids, box.modseq)
