"""CLOSE (RFC 3501 §6.4.2) and UNSELECT (RFC 3691)."""

from services.mail.domain.rights import EXPUNGE
from services.mail.imap.codec.commands import Close, Unselect
from services.mail.imap.session import Session
from services.mail.usecases import expunge


async def close(session: Session, _: Close) -> bytes:
    selected = session.mailbox
    await session.sync(expunges=True)
    deleted = selected.deleted_ranges()
    if deleted and selected.may(EXPUNGE):
        await expunge(session.mail, selected.owner, selected.mailbox_id, deleted)
    session.select(None)
    return b"OK Closed"


async def unselect(session: Session, _: Unselect) -> bytes:
    session.select(None)
    return b"OK Unselected"
