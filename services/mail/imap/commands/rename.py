"""RENAME (RFC 3501 §6.3.5)."""

from services.mail.domain.rights import DELETE
from services.mail.imap.codec.commands import Rename
from services.mail.imap.session import Session
from services.mail.usecases import rename_mailbox
from services.mail.usecases.naming import name_there


async def rename(session: Session, command: Rename) -> bytes:
    mailbox = await session.find(command.mailbox, DELETE)
    name = await name_there(session.mail, session.owner, mailbox, command.to)
    await rename_mailbox(session.mail, mailbox.owner, mailbox.id, name)
    return b"OK Renamed"
