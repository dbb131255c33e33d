"""NOOP (RFC 3501 §6.1.2) and CHECK (§6.4.1): the time to hear what happened."""

from services.mail.imap.codec.commands import Command
from services.mail.imap.session import Session


async def noop(session: Session, _: Command) -> bytes:
    await session.sync(expunges=True)
    return b"OK Done"
