"""MOVE (RFC 6851)."""

from chassis.errors import NotFound
from services.mail.domain.rights import EXPUNGE, INSERT, MARK_DELETED
from services.mail.imap.codec.commands import Move
from services.mail.imap.commands.copy import copyuid
from services.mail.imap.session import Session
from services.mail.usecases.carry import move_to


async def move(session: Session, command: Move) -> bytes:
    selected = session.mailbox
    if not selected.may(MARK_DELETED, EXPUNGE):
        return b"NO [NOPERM] The mailbox is open for reading"
    ranges = selected.uid_ranges(selected.spans(command.numbers, uid=command.uid))
    if not ranges:
        return b"OK Nothing to move"
    try:
        target, held = await session.reach(command.mailbox, INSERT)
    except NotFound:
        return b"NO [TRYCREATE] There is no such mailbox"
    moved = await move_to(session.mail, selected.owner, selected.mailbox_id, ranges, target, held)
    if moved.from_uids:
        session.untagged(b"OK [%b] Moved" % copyuid(moved))  # §4.3: before the expunges
    await session.sync(expunges=True)
    return b"OK Done"
