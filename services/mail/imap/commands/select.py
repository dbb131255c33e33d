"""SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2, RFC 9051 §6.3.2, RFC 7162 §3.1.2, RFC 8474 §4.2)."""

from services.mail.domain.flags import SYSTEM
from services.mail.domain.rights import CHANGING, READ, WRITE, changeable
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import Select
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.commands.list import listed
from services.mail.imap.commands.resync import resync
from services.mail.imap.selected import Selected, keywords
from services.mail.imap.session import Session
from services.mail.usecases import view_of


async def select(session: Session, command: Select) -> bytes:
    if command.resync is not None and not session.qresync:
        raise BadSyntax("Enable QRESYNC first")
    if session.selected is not None:
        session.untagged(b"OK [CLOSED] What follows is about another mailbox")  # RFC 7162 §3.2.11
    session.select(None)  # also when it fails: §6.3.1
    mailbox, held = await session.reach(command.mailbox, READ)
    session.condstore = session.condstore or command.condstore
    read_only = command.read_only or not held & CHANGING
    seen = await view_of(session.mail, mailbox)
    selected = Selected(mailbox.id, seen, read_only=read_only, owner=mailbox.owner, rights=held)
    session.select(selected)
    flags = [*SYSTEM, *keywords(selected.flags)]
    session.untagged(b"FLAGS " + write.flags(flags))
    session.untagged(b"%d EXISTS" % len(selected))
    if session.rev2:
        session.untagged(listed(session, mailbox, command.mailbox))
    else:
        session.untagged(b"0 RECENT")
        if first := selected.unseen():
            session.untagged(b"OK [UNSEEN %d] First unseen" % first)
    session.untagged(b"OK [UIDVALIDITY %d] UIDs are valid" % selected.uid_validity)
    session.untagged(b"OK [UIDNEXT %d] Next UID" % selected.uid_next)
    permanent = [] if read_only else [*changeable(held, flags), *(["\\*"] if WRITE in held else [])]
    session.untagged(b"OK [PERMANENTFLAGS %b] Flags that are kept" % write.flags(permanent))
    session.untagged(b"OK [HIGHESTMODSEQ %d] Highest" % max(1, selected.cursor))
    session.untagged(f"OK [MAILBOXID ({mailbox.id})] Its id".encode("ascii"))
    if command.resync is not None:
        await resync(session, mailbox, command.resync)
    return b"OK [READ-ONLY] Selected" if read_only else b"OK [READ-WRITE] Selected"
