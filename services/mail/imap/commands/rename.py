"""RENAME (RFC 3501 §6.3.5)."""

from services.mail.imap.codec.commands import Rename
from services.mail.imap.session import Session
from services.mail.usecases import rename_mailbox


async def rename(session: Session, command: Rename) -> bytes:
    mailbox = await session.find(command.mailbox)
    await rename_mailbox(session.mail, session.owner, mailbox.id, command.to)
    return b"OK Renamed"
