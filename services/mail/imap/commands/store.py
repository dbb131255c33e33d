"""STORE (RFC 3501 §6.4.6, RFC 7162 §3.1.3)."""

from services.mail.domain.flags import canonical
from services.mail.domain.rights import changeable
from services.mail.domain.uids import ranges_of
from services.mail.imap.codec.commands import Store
from services.mail.imap.codec.sequences import written_ranges
from services.mail.imap.session import FLUSH_OCTETS, Session
from services.mail.usecases import store_flags


async def store(session: Session, command: Store) -> bytes:
    selected = session.mailbox
    named = canonical(command.flags)
    # RFC 4314 §4: those of them that may be changed are.
    if selected.read_only or (named and not changeable(selected.rights, named)):
        return b"NO [NOPERM] The mailbox is open for reading"
    conditional = command.unchanged_since is not None
    session.condstore = session.condstore or conditional
    ranges = selected.uid_ranges(selected.spans(command.numbers, uid=command.uid))
    if not ranges:
        return b"OK Done"
    stored = await store_flags(
        session.mail,
        selected.owner,
        selected.mailbox_id,
        ranges,
        command.action,
        named,
        unchanged_since=command.unchanged_since,
        held=selected.rights,
    )
    known = [selected.modseqs[place] for row in stored.messages if (place := selected.place(row.uid)) is not None]
    for place, before in zip(selected.take(stored), known, strict=True):
        uid = selected.uids[place]
        if not command.silent:
            session.tell_flags(place)
        elif session.condstore and selected.modseqs[place] != before:  # RFC 7162 §3.1.3
            session.untagged(b"%d FETCH (UID %d MODSEQ (%d))" % (place + 1, uid, selected.modseqs[place]))
        if session.wire.pending > FLUSH_OCTETS:
            await session.wire.flush()
    if selected.cursor != stored.modseq or selected.untold or session.visits:
        await session.sync(expunges=command.uid)
    if not stored.modified:
        return b"OK Done"
    failed = stored.modified
    if not command.uid:
        failed = [place + 1 for uid in failed if (place := selected.place(uid)) is not None]
    return b"OK [MODIFIED %b] Some had changed" % written_ranges(ranges_of(failed))
