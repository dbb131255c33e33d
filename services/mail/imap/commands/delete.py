"""DELETE (RFC 3501 §6.3.4)."""

from services.mail.domain.rights import DELETE as DELETE_MAILBOX
from services.mail.imap.codec.commands import Delete
from services.mail.imap.session import Session
from services.mail.usecases import delete_mailbox


async def delete(session: Session, command: Delete) -> bytes:
    mailbox = await session.find(command.mailbox, DELETE_MAILBOX)
    await delete_mailbox(session.mail, mailbox.owner, mailbox.id)
    if session.selected is not None and session.selected.mailbox_id == mailbox.id:
        session.select(None)
    return b"OK Deleted"
