"""SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.6, §6.3.7)."""

from services.mail.imap.codec.commands import Subscribe
from services.mail.imap.session import Session
from services.mail.usecases import subscribe as set_subscribed
from services.mail.usecases.subscribe import subscribe_shared


async def subscribe(session: Session, command: Subscribe) -> bytes:
    mailbox = await session.find(command.mailbox)
    if mailbox.owner == session.owner:
        await set_subscribed(session.mail, session.owner, mailbox.id, command.subscribed)
    else:
        await subscribe_shared(session.mail, session.owner, mailbox, command.subscribed)
    return b"OK Done"
