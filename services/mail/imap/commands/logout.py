"""LOGOUT (RFC 3501 §6.1.3)."""

from services.mail.imap.codec.commands import Logout
from services.mail.imap.session import Session


async def logout(session: Session, _: Logout) -> bytes:
    session.untagged(b"BYE Goodbye")
    session.leave()
    return b"OK Done"
