"""What a client that comes back has missed (RFC 7162 §3.2.5, §3.2.6)."""

from collections.abc import Sequence

from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Changes
from services.mail.domain.uids import Range, UidSet, common, ranges_of, without
from services.mail.imap.codec.commands import Resync
from services.mail.imap.codec.sequences import written_ranges
from services.mail.imap.session import FLUSH_OCTETS, Session
from services.mail.usecases import changes_of


async def resync(session: Session, mailbox: Mailbox, given: Resync) -> None:
    """Of a mailbox that was just read and selected; nothing when it is another one of the same name."""
    selected = session.mailbox
    if given.uid_validity != selected.uid_validity:
        return
    within = list(given.known.ranges) if given.known is not None else [(1, selected.uid_next - 1)]
    changes = await changes_of(session.mail, mailbox, given.modseq)
    tell_vanished(session, changes, within)
    known = UidSet(within)
    for row in changes.changed:
        place = selected.place(row.uid)
        if place is not None and row.uid in known:
            session.tell_flags(place)
            if session.wire.pending > FLUSH_OCTETS:
                await session.wire.flush()


def tell_vanished(session: Session, changes: Changes, within: Sequence[Range]) -> None:
    """What has gone of some UIDs. Where the store has forgotten some expunges, all that is not there (§3.2.5.2)."""
    selected = session.mailbox
    if changes.complete:
        gone = common(changes.vanished, within)
    else:
        gone = without(common(within, [(1, selected.uid_next - 1)]), ranges_of(selected.uids))
    if gone:
        session.untagged(b"VANISHED (EARLIER) " + written_ranges(gone))
