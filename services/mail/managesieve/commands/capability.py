"""CAPABILITY (RFC 5804 §2.4)."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import Capability
from services.mail.managesieve.session import Session


async def capability(session: Session, _: Capability) -> bytes:
    session.tell_capabilities()
    return write.ok()
