"""COMPRESS (RFC 4978)."""

from services.mail.imap.codec.commands import Compress
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.session import Session


async def compress(session: Session, command: Compress) -> bytes:
    if command.algorithm != "DEFLATE":
        raise BadSyntax("Unknown algorithm")
    if session.wire.compressed:
        return b"NO [COMPRESSIONACTIVE] The connection is compressed already"
    session.wire.write(b"%b OK Compressed from now on\r\n" % command.tag.encode("ascii"))
    await session.wire.flush()
    session.wire.compress()
    return b""
