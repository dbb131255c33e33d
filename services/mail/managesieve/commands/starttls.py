"""STARTTLS (RFC 5804 §2.2). What the client sent after it in the clear is never run."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import StartTls
from services.mail.managesieve.session import Session


async def starttls(session: Session, _: StartTls) -> bytes:
    if session.wire.secure or not session.options.starttls:
        return write.no("TLS is on, or not offered")
    session.tell(write.ok("Begin TLS negotiation now"))
    await session.wire.start_tls()
    session.tell_capabilities()  # anew, since nobody on the way could change these
    return write.ok("TLS is on")
