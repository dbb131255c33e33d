"""Delete a mailbox with its messages."""

from typing import Any

from chassis.errors import NotFound, PreconditionFailed
from services.mail.domain.names import INBOX, SEPARATOR
from services.mail.domain.rights import LOOKUP
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import mailbox_changed
from services.mail.usecases.recoverable import keep_deleted_mailbox


class HasMailboxesBelow(PreconditionFailed):
    """A mailbox goes after those below it (RFC 9051 §6.3.5)."""

    imap_code = "HASCHILDREN"


async def delete_mailbox(mail: Mail, owner: str, mailbox_id: str) -> None:
    """Its owner can have back for a time what was in it.

    Raises `NotFound`, `PreconditionFailed` for INBOX and for one with mailboxes below it.
    """

    async def act(session: Any) -> str:
        present = await mail.store.mailboxes.of(owner, session=session)
        box = next((box for box in present if box.id == mailbox_id), None)
        if box is None:
            raise NotFound("No such mailbox")
        if box.name == INBOX:
            raise PreconditionFailed("INBOX cannot be deleted")
        if any(other.name.startswith(box.name + SEPARATOR) for other in present):
            raise HasMailboxesBelow("There are mailboxes below it")
        after = await mail.store.mailboxes.advance(owner, mailbox_id, session=session)
        gone = mailbox_changed(after, "", await hearers_of(mail, after, LOOKUP), deleted=True)
        await mail.store.mailboxes.bury(owner, mailbox_id, [gone], session=session)
        await mail.store.grants.forget_lists(after, [who for who, _ in after.acl], session=session)
        return box.name

    name = await mail.store.transaction(act)
    await clear_mailbox(mail, owner, mailbox_id, name)


async def clear_mailbox(mail: Mail, owner: str, mailbox_id: str, name: str = "") -> None:
    """Remove what was in a mailbox that is deleted, `name` where that is known. Repeatable: the worker does it again
    when it hears of the deletion, in case the process that deleted it died between."""
    await keep_deleted_mailbox(mail, owner, mailbox_id, name)
    await mail.store.pages.drop_all(owner, mailbox_id)
    await mail.store.postings.drop_all(owner, mailbox_id)
    await mail.store.views.drop(owner, mailbox_id)
    await mail.store.tombstones.remove_all(owner, mailbox_id)
    await mail.store.annotations.remove_of(mailbox_id)
