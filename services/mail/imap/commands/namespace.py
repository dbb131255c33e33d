"""NAMESPACE (RFC 2342): one's own mailboxes, and no others."""

from services.mail.imap.codec.commands import Namespace
from services.mail.imap.session import Session


async def namespace(session: Session, _: Namespace) -> bytes:
    session.untagged(b'NAMESPACE (("" "/")) NIL NIL')
    return b"OK Done"
