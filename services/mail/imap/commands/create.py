"""CREATE (RFC 3501 §6.3.3, RFC 6154 §3, RFC 8474 §4.1)."""

from services.mail.imap.codec.commands import Create
from services.mail.imap.session import Session
from services.mail.usecases import create_mailbox


async def create(session: Session, command: Create) -> bytes:
    if command.other_use:
        return b"NO [USEATTR] That use is not known here, or more than one"
    made = await create_mailbox(session.mail, session.owner, command.mailbox, special_use=command.special_use)
    return f"OK [MAILBOXID ({made.id})] Created".encode("ascii")
