"""COPY (RFC 3501 §6.4.7) and its COPYUID (RFC 4315 §3)."""

from chassis.errors import NotFound
from services.mail.domain.message import Copied
from services.mail.domain.rights import INSERT
from services.mail.domain.uids import ranges_of
from services.mail.imap.codec.commands import Copy
from services.mail.imap.codec.sequences import written_ranges
from services.mail.imap.session import Session
from services.mail.usecases.carry import copy_to


async def copy(session: Session, command: Copy) -> bytes:
    selected = session.mailbox
    ranges = selected.uid_ranges(selected.spans(command.numbers, uid=command.uid))
    if not ranges:
        return b"OK Nothing to copy"
    try:
        target, held = await session.reach(command.mailbox, INSERT)
    except NotFound:
        return b"NO [TRYCREATE] There is no such mailbox"
    copied = await copy_to(session.mail, selected.owner, selected.mailbox_id, ranges, target, held)
    await session.sync(expunges=True)
    return b"OK [%b] Copied" % copyuid(copied) if copied.from_uids else b"OK Nothing to copy"


def copyuid(copied: Copied) -> bytes:
    """Both sets ascend in step, since copies are numbered in the order of their originals."""
    return b"COPYUID %d %b %b" % (
        copied.uid_validity,
        written_ranges(ranges_of(copied.from_uids)),
        written_ranges(ranges_of(copied.to_uids)),
    )
