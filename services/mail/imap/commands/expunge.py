"""EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1)."""

from services.mail.domain.rights import EXPUNGE
from services.mail.imap.codec.commands import Expunge
from services.mail.imap.session import Session
from services.mail.usecases import expunge as remove


async def expunge(session: Session, command: Expunge) -> bytes:
    selected = session.mailbox
    if not selected.may(EXPUNGE):
        return b"NO [NOPERM] The mailbox is open for reading"
    await session.sync(expunges=True)  # other sessions may have set \Deleted
    named = None if command.uids is None else selected.spans(command.uids, uid=True)
    deleted = selected.deleted_ranges(named)
    if deleted:
        await remove(session.mail, selected.owner, selected.mailbox_id, deleted)
        await session.sync(expunges=True)
    if session.condstore:
        return b"OK [HIGHESTMODSEQ %d] Expunged" % max(1, selected.cursor)
    return b"OK Expunged"
