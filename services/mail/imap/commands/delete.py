"""DELETE (RFC 3501 §6.3.4)."""

from services.mail.imap.codec.commands import Delete
from services.mail.imap.session import Session
from services.mail.usecases import delete_mailbox


async def delete(session: Session, command: Delete) -> bytes:
    mailbox = await session.find(command.mailbox)
    await delete_mailbox(session.mail, session.owner, mailbox.id)
    if session.selected is not None and session.selected.mailbox_id == mailbox.id:
        session.select(None)
    return b"OK Deleted"
