"""STARTTLS (RFC 3501 §6.2.1). What the client sent after it in the clear is never run."""

from services.mail.imap.codec.commands import StartTls
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.session import Session


async def starttls(session: Session, command: StartTls) -> bytes:
    if session.wire.secure or not session.options.starttls:
        raise BadSyntax("TLS is on, or not offered")
    session.wire.write(b"%b OK Begin TLS negotiation now\r\n" % command.tag.encode("ascii"))
    await session.wire.start_tls()
    return b""
