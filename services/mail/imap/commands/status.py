"""STATUS (RFC 3501 §6.3.10, RFC 7162, RFC 8438)."""

from services.mail.imap.codec import write
from services.mail.imap.codec.commands import Status
from services.mail.imap.session import Session


async def status(session: Session, command: Status) -> bytes:
    mailbox = await session.find(command.mailbox)
    if "HIGHESTMODSEQ" in command.items:
        session.condstore = True
    values = {
        "MESSAGES": mailbox.messages,
        "RECENT": 0,
        "UIDNEXT": mailbox.uid_next,
        "UIDVALIDITY": mailbox.uid_validity,
        "UNSEEN": mailbox.unseen,
        "HIGHESTMODSEQ": mailbox.modseq,
        "SIZE": mailbox.size,
    }
    told = " ".join(f"{item} {values[item]}" for item in command.items).encode("ascii")
    session.untagged(b"STATUS %b (%b)" % (write.mailbox(mailbox.name), told))
    return b"OK Done"
