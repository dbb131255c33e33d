"""STATUS (RFC 3501 §6.3.10, RFC 7162, RFC 7889, RFC 8438, RFC 8474, RFC 9208)."""

from collections.abc import Sequence

from services.mail.domain.mailbox import Mailbox
from services.mail.domain.quota import Usage
from services.mail.domain.rights import READ
from services.mail.imap.codec.commands import Status
from services.mail.imap.session import Session
from services.mail.usecases.quota import deleted_in

# RFC 9208 §4.2: what EXPUNGE would give back.
DELETED = frozenset(("DELETED", "DELETED-STORAGE"))


async def status(session: Session, command: Status) -> bytes:
    await tell_status(session, await session.find(command.mailbox, READ), command.items)
    return b"OK Done"


async def tell_status(session: Session, mailbox: Mailbox, items: Sequence[str]) -> None:
    """What is asked of one mailbox, also beside LIST (RFC 5819)."""
    if "HIGHESTMODSEQ" in items:
        session.condstore = True
    asked_of_deleted = not DELETED.isdisjoint(items)
    deleted = await deleted_in(session.mail, mailbox) if asked_of_deleted else Usage()
    values = {
        "MESSAGES": mailbox.messages,
        "RECENT": 0,
        "UIDNEXT": mailbox.uid_next,
        "UIDVALIDITY": mailbox.uid_validity,
        "UNSEEN": mailbox.unseen,
        "HIGHESTMODSEQ": mailbox.modseq,
        "SIZE": mailbox.size,
        "MAILBOXID": f"({mailbox.id})",
        "DELETED": deleted.messages,
        "DELETED-STORAGE": deleted.octets,
        # The same everywhere, as CAPABILITY says; some clients ask all the same.
        "APPENDLIMIT": session.options.max_message,
    }
    told = " ".join(f"{item} {values[item]}" for item in items).encode("ascii")
    session.untagged(b"STATUS %b (%b)" % (session.name(mailbox.name), told))
