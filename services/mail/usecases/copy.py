"""Copy messages to another mailbox of the account."""

from collections.abc import Sequence
from typing import Any

from chassis.ids import new_id
from services.mail.domain.message import Copied
from services.mail.domain.uids import Range
from services.mail.store.messages import Copy
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
        carried = [(item, new_id()) for item in found]
        return await enter(mail, owner, mailbox_id, owner, to_mailbox_id, carried, session)

    return await mail.store.transaction(act)


async def enter(
    mail: Mail,
    owner: str,
    mailbox_id: str,
    to_owner: str,
    to_mailbox_id: str,
    carried: Sequence[tuple[Copy, str]],
    session: Any,
) -> Copied:
    """Messages of a mailbox come into another, which may be somebody else's, each with the id that it is to have there.

    Raises `NotFound` (the other mailbox), `OverQuota`.
    """
    if not carried:
        there = await mail.store.mailboxes.get(to_owner, to_mailbox_id, session=session)
        return Copied(there.uid_validity, [], [], there.modseq)
    box = await mail.store.mailboxes.advance(
        to_owner,
        to_mailbox_id,
        uids=len(carried),
        messages=len(carried),
        unseen=sum(not item.seen for item, _ in carried),
        size=sum(item.size for item, _ in carried),
        bounds=await bounds_of(mail, to_owner),
        session=session,
    )
    from_uids = [item.uid for item, _ in carried]
    to_uids = list(range(box.uid_next - len(carried), box.uid_next))
    hearers = await hearers_of(mail, box)
    fact = copied(box, mailbox_id, from_uids, to_uids, hearers, from_account=owner if owner != to_owner else "")
    await mail.store.messages.insert_carried(box, carried, to_uids, [fact], mail.now(), session=session)
    return Copied(box.uid_validity, from_uids, to_uids, box.modseq)
