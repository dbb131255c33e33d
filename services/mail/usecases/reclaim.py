"""Give back what nothing needs any more: the worker's rounds."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from services.mail.usecases.context import Mail


async def named_blobs(mail: Mail, addresses: Sequence[str]) -> set[str]:
    """Those blobs that a document names; the others may be swept."""
    # What waits for approval becomes held or a message, what is held a message and a submission at once, a list's
    # letter submissions: looked at after them, it would be in neither.
    named = await mail.store.awaiting.named_blobs(addresses)
    named |= await mail.store.held.named_blobs([address for address in addresses if address not in named])
    # Likewise what a moderator accepts becomes its list's.
    named |= await mail.store.moderated.named_blobs([address for address in addresses if address not in named])
    named |= await mail.store.list_letters.named_blobs([address for address in addresses if address not in named])
    named |= await mail.store.messages.named_blobs([address for address in addresses if address not in named])
    # A message that is deleted goes from the one to the other; whoever puts one back touches its blob first.
    named |= await mail.store.recoverable.named_blobs([address for address in addresses if address not in named])
    # And from there, or from a mailbox, to what matters keep.
    named |= await mail.store.preserved.named_blobs([address for address in addresses if address not in named])
    named |= await mail.store.journal_entries.named_blobs([address for address in addresses if address not in named])
    named |= await mail.store.uploads.named_blobs([address for address in addresses if address not in named])
    named |= await mail.store.submissions.named_blobs([address for address in addresses if address not in named])
    return named | await mail.queue.named_blobs([address for address in addresses if address not in named])


async def forget_expunges(mail: Mail, kept: timedelta) -> int:
    """Forget expunges older than `kept`; how many. Before one goes, its mailbox says from where on it can tell."""
    forgotten = 0
    while found := await mail.store.tombstones.older_than(mail.now() - kept):
        horizons: dict[tuple[str, str], int] = defaultdict(int)
        for tombstone in found:
            mailbox = tombstone.owner, tombstone.mailbox_id
            horizons[mailbox] = max(horizons[mailbox], tombstone.modseq)
        for (owner, mailbox_id), modseq in horizons.items():
            await mail.store.mailboxes.forget_until(owner, mailbox_id, modseq)
        await mail.store.tombstones.remove([tombstone.document_id for tombstone in found])
        forgotten += len(found)
    return forgotten
