"""Remove messages; for a time their owner can have them back."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from services.mail.domain.flags import DELETED
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Expunged
from services.mail.domain.uids import ALL, Range, ranges_of
from services.mail.store.messages import Copy, Extent
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.custody import custody_of, preserve_copies
from services.mail.usecases.facts import deleted
from services.mail.usecases.recoverable import AT_ONCE, keep_deleted

# (mail, owner, mailbox id and name, messages, session)
Keep = Callable[[Mail, str, str, str, Sequence[Copy], Any], Awaitable[None]]


async def expunge(
    mail: Mail,
    owner: str,
    mailbox_id: str,
    ranges: Sequence[Range] = ALL,
    *,
    only_deleted: bool = True,
    keep: bool = True,
) -> Expunged:
    """Remove the messages of these UIDs that have \\Deleted, or all of them. Raises `NotFound` (mailbox).

    Their owner can have them back for a time, unless they are not to be kept; then only matters keep them.

    Naming the UIDs that the session knows to be deleted keeps the cost from growing with the mailbox.
    """
    flag = DELETED if only_deleted else None
    done = await mail.store.transaction(
        lambda session: remove(mail, owner, mailbox_id, ranges, flag=flag, keep=keep, session=session)
    )
    await mail.store.pages.drop(owner, mailbox_id, done.uids)
    return done


async def remove(
    mail: Mail,
    owner: str,
    mailbox_id: str,
    ranges: Sequence[Range],
    *,
    flag: str | None = None,
    keep: bool = True,
    session: Any,
) -> Expunged:
    """The same as a part of a transaction: of all messages, or of those that have a flag. Their pages are to be dropped
    after it."""
    box = await mail.store.mailboxes.get(owner, mailbox_id, session=session)
    found = await mail.store.messages.extents(owner, mailbox_id, ranges, flag=flag, session=session)
    if not found:
        return Expunged([], box.modseq)
    uids = [item.uid for item in found]

    async def kept(box: Mailbox) -> None:
        if keep or (await custody_of(mail, owner)).matters:
            await _keep(mail, box, uids, keep_deleted if keep else preserve_copies, session)

    box = await take_away(mail, owner, mailbox_id, found, kept, session)
    return Expunged(uids, box.modseq)


async def take_away(
    mail: Mail,
    owner: str,
    mailbox_id: str,
    found: Sequence[Extent],
    keep: Callable[[Mailbox], Awaitable[None]],
    session: Any,
) -> Mailbox:
    """One or more messages go from a mailbox, after `keep` did what is to be done with them; the mailbox after that."""
    box = await mail.store.mailboxes.advance(
        owner,
        mailbox_id,
        messages=-len(found),
        unseen=-sum(not item.seen for item in found),
        size=-sum(item.size for item in found),
        session=session,
    )
    await keep(box)
    uids = [item.uid for item in found]
    await mail.store.messages.remove(owner, mailbox_id, uids, session=session)
    unpublished = [entry for item in found for entry in item.unpublished]
    facts = [*unpublished, deleted(box, uids, await hearers_of(mail, box))]
    await mail.store.tombstones.insert(
        owner, mailbox_id, box.modseq, ranges_of(uids), mail.now(), facts, session=session
    )
    return box


async def _keep(mail: Mail, box: Mailbox, uids: Sequence[int], keep: Keep, session: Any) -> None:
    for start in range(0, len(uids), AT_ONCE):
        ranges = ranges_of(uids[start : start + AT_ONCE])
        found = await mail.store.messages.copies(box.owner, box.id, ranges, session=session)
        await keep(mail, box.owner, box.id, box.name, found, session)
