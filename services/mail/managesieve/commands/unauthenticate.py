"""UNAUTHENTICATE (RFC 5804 §2.14.1): the connection is nobody's again."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import Unauthenticate
from services.mail.managesieve.session import Session, State


async def unauthenticate(session: Session, _: Unauthenticate) -> bytes:
    session.wire.logged_out()
    session.identity = None
    session.state = State.STRANGER
    return write.ok("Nobody is logged in")
