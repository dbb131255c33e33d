"""CREATE (RFC 3501 §6.3.3, RFC 6154 §3, RFC 8474 §4.1)."""

from services.mail.imap.codec.commands import Create
from services.mail.imap.session import Session
from services.mail.usecases import create_mailbox
from services.mail.usecases.naming import place_for


async def create(session: Session, command: Create) -> bytes:
    if command.other_use:
        return b"NO [USEATTR] That use is not known here, or more than one"
    place = await place_for(session.mail, session.owner, command.mailbox)
    if command.special_use is not None and place.owner != session.owner:
        return b"NO [USEATTR] Uses are for their owner"
    made = await create_mailbox(session.mail, place.owner, place.name, special_use=command.special_use)
    return f"OK [MAILBOXID ({made.id})] Created".encode("ascii")
