"""MOVE (RFC 6851)."""

from chassis.errors import NotFound
from services.mail.imap.codec.commands import Move
from services.mail.imap.commands.copy import copyuid
from services.mail.imap.session import Session
from services.mail.usecases import move as move_messages


async def move(session: Session, command: Move) -> bytes:
    selected = session.mailbox
    if selected.read_only:
        return b"NO [NOPERM] The mailbox is open for reading"
    ranges = selected.uid_ranges(selected.spans(command.numbers, uid=command.uid))
    if not ranges:
        return b"OK Nothing to move"
    try:
        target = await session.find(command.mailbox)
    except NotFound:
        return b"NO [TRYCREATE] There is no such mailbox"
    moved = await move_messages(session.mail, session.owner, selected.mailbox_id, ranges, target.id)
    if moved.from_uids:
        session.untagged(b"OK [%b] Moved" % copyuid(moved))  # §4.3: before the expunges
    await session.sync(expunges=True)
    return b"OK Done"
