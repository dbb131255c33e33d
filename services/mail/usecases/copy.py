"""Copy messages to another mailbox of the account."""

from collections.abc import Sequence
from typing import Any

from services.mail.domain.message import Copied
from services.mail.domain.uids import Range
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import copied
from services.mail.usecases.quota import bounds_of


async def copy(mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], to_mailbox_id: str) -> Copied:
    """All or none (RFC 3501 §6.4.7). UIDs that are gone are left out. Raises `NotFound` (either mailbox),
    `OverQuota`."""

    async def act(session: Any) -> Copied:
        await mail.store.mailboxes.get(owner, mailbox_id, session=session)
        found = await mail.store.messages.copies(owner, mailbox_id, ranges, session=session)
        if not found:
            there = await mail.store.mailboxes.get(owner, to_mailbox_id, session=session)
            return Copied(there.uid_validity, [], [], there.modseq)
        box = await mail.store.mailboxes.advance(
            owner,
            to_mailbox_id,
            uids=len(found),
            messages=len(found),
            unseen=sum(not item.seen for item in found),
            size=sum(item.size for item in found),
            bounds=await bounds_of(mail, owner),
            session=session,
        )
        from_uids = [item.uid for item in found]
        to_uids = range(box.uid_next - len(found), box.uid_next)
        fact = copied(box, mailbox_id, from_uids, to_uids, await hearers_of(mail, box))
        await mail.store.messages.insert_copies(box, found, to_uids, [fact], mail.now(), session=session)
        return Copied(box.uid_validity, from_uids, list(to_uids), box.modseq)

    return await mail.store.transaction(act)
