"""LOGOUT (RFC 5804 §2.3)."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import Logout
from services.mail.managesieve.session import Session


async def logout(session: Session, _: Logout) -> bytes:
    session.leave()
    return write.ok("Goodbye")
