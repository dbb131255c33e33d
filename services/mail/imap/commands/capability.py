"""CAPABILITY (RFC 3501 §6.1.1)."""

from services.mail.imap.codec.commands import Capability
from services.mail.imap.session import Session


async def capability(session: Session, _: Capability) -> bytes:
    session.untagged(f"CAPABILITY {session.capabilities()}".encode("ascii"))
    return b"OK Done"
