"""ENABLE (RFC 5161): CONDSTORE is all there is to enable."""

from services.mail.imap.codec.commands import Enable
from services.mail.imap.session import Session


async def enable(session: Session, command: Enable) -> bytes:
    enabled = [name for name in dict.fromkeys(command.capabilities) if name in {"CONDSTORE", "QRESYNC"}]
    session.condstore = session.condstore or bool(enabled)
    session.qresync = session.qresync or "QRESYNC" in enabled
    session.untagged(" ".join(["ENABLED", *enabled]).encode("ascii"))
    return b"OK Done"
