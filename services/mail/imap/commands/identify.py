"""ID (RFC 2971): says what we are and no version, so that nobody can look its faults up."""

from services.mail.imap.codec.commands import Id
from services.mail.imap.session import Session


async def identify(session: Session, _: Id) -> bytes:
    session.untagged(b'ID ("name" "workspace")')
    return b"OK Done"
