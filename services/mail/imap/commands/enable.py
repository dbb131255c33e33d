"""ENABLE (RFC 5161): CONDSTORE, QRESYNC, UTF8=ACCEPT and IMAP4rev2."""

from services.mail.imap.codec.commands import Enable
from services.mail.imap.session import Session

# By the name that is asked for, the name that is told.
_KNOWN = {name.upper(): name for name in ("CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4rev2")}


async def enable(session: Session, command: Enable) -> bytes:
    enabled = [_KNOWN[name] for name in dict.fromkeys(command.capabilities) if name in _KNOWN]
    session.condstore = session.condstore or not {"CONDSTORE", "QRESYNC"}.isdisjoint(enabled)
    session.qresync = session.qresync or "QRESYNC" in enabled
    session.rev2 = session.rev2 or "IMAP4rev2" in enabled
    session.utf8 = session.utf8 or session.rev2 or "UTF8=ACCEPT" in enabled
    session.untagged(" ".join(["ENABLED", *enabled]).encode("ascii"))
    return b"OK Done"
