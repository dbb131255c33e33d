"""Delete a mailbox with its messages."""

from typing import Any

from chassis.errors import NotFound, PreconditionFailed
from services.mail.domain.names import INBOX, SEPARATOR
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import mailbox_changed


class HasMailboxesBelow(PreconditionFailed):
    """A mailbox goes after those below it (RFC 9051 §6.3.5)."""

    imap_code = "HASCHILDREN"


async def delete_mailbox(mail: Mail, owner: str, mailbox_id: str) -> None:
    """Raises `NotFound`, `PreconditionFailed` for INBOX and for one with mailboxes below it."""

    async def act(session: Any) -> None:
        present = await mail.store.mailboxes.of(owner, session=session)
        box = next((box for box in present if box.id == mailbox_id), None)
        if box is None:
            raise NotFound("No such mailbox")
        if box.name == INBOX:
            raise PreconditionFailed("INBOX cannot be deleted")
        if any(other.name.startswith(box.name + SEPARATOR) for other in present):
            raise HasMailboxesBelow("There are mailboxes below it")
        after = await mail.store.mailboxes.advance(owner, mailbox_id, session=session)
        gone = mailbox_changed(owner, mailbox_id, "", after.modseq, deleted=True)
        await mail.store.mailboxes.bury(owner, mailbox_id, [gone], session=session)

    await mail.store.transaction(act)
    await clear_mailbox(mail, owner, mailbox_id)


async def clear_mailbox(mail: Mail, owner: str, mailbox_id: str) -> None:
    """Remove what was in a mailbox that is deleted. Repeatable: the worker does it again when it hears of the deletion,
    in case the process that deleted it died between."""
    await mail.store.messages.remove_all(owner, mailbox_id)
    await mail.store.pages.drop_all(owner, mailbox_id)
    await mail.store.views.drop(owner, mailbox_id)
    await mail.store.tombstones.remove_all(owner, mailbox_id)
    await mail.store.annotations.remove_of(mailbox_id)
