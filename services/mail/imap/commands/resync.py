"""What a client that comes back has missed (RFC 7162 §3.2.5, §3.2.6)."""

from collections.abc import Sequence

from services.mail.domain.mailbox import Mailbox
from services.mail.domain.uids import Range, UidSet, common
from services.mail.imap.codec.commands import Resync
from services.mail.imap.codec.sequences import written_ranges
from services.mail.imap.session import FLUSH_OCTETS, Session
from services.mail.usecases import vanished_since


async def resync(session: Session, mailbox: Mailbox, given: Resync) -> None:
    """Of a mailbox that was just read and selected; nothing when it is another one of the same name.

    What happened between the two is in what was selected, and not news any more: it is told here or never.
    """
    selected = session.mailbox
    if given.uid_validity != selected.uid_validity:
        return
    within = list(given.known.ranges) if given.known is not None else [(1, selected.uid_next - 1)]
    tell_vanished(session, await vanished_since(session.mail, mailbox, given.modseq), within)
    known = UidSet(within)
    for place, modseq in enumerate(selected.modseqs):
        if modseq > given.modseq and selected.uids[place] in known:
            session.tell_flags(place)
            if session.wire.pending > FLUSH_OCTETS:
                await session.wire.flush()


def tell_vanished(session: Session, vanished: Sequence[Range] | None, within: Sequence[Range]) -> None:
    """What has gone of some UIDs. Where the store has forgotten some expunges, all that is not there (§3.2.5.2).

    What still has a number here is told when it loses it (§3.2.10).
    """
    selected = session.mailbox
    gone = selected.missing(common([(1, selected.uid_next - 1)] if vanished is None else vanished, within))
    if gone:
        session.untagged(b"VANISHED (EARLIER) " + written_ranges(gone))
