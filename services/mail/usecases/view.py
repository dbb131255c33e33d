"""See a mailbox as SELECT does, and follow it."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from services.mail.domain.flags import Flags
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Changes, View
from services.mail.domain.uids import Range
from services.mail.usecases.context import Mail

# Messages from which on a view is kept, and what may have happened since before it is kept anew.
WORTH_KEEPING, RENEWED_AFTER = 500, 200


async def view(mail: Mail, owner: str, mailbox_id: str) -> View:
    """UIDs, flags and modseqs of all messages. Raises `NotFound`."""
    return await view_of(mail, await mail.store.mailboxes.get(owner, mailbox_id))


async def view_of(mail: Mail, box: Mailbox) -> View:
    """The same of a mailbox that was just read.

    A large mailbox is read from the view that was kept of it, and what happened since: so that whoever opens it pays
    for the changes, not for the messages. The counters were read first: what happens meanwhile has a higher modseq and
    shows in `changes_since`.
    """
    if box.messages < WORTH_KEEPING:
        return await _read(mail, box)
    kept = await mail.store.views.get(box.owner, box.id)
    if kept is not None and kept.modseq >= box.horizon:
        changes = await _changes(mail, box, kept.modseq)
        seen = _followed(kept, changes)
        if len(changes.changed) + len(changes.vanished) < RENEWED_AFTER:
            return seen
    else:
        seen = await _read(mail, box)
    await mail.store.views.put(box.owner, box.id, seen)
    return seen


async def _read(mail: Mail, box: Mailbox) -> View:
    """From the messages, in one range query."""
    uids, modseqs, flags = array("I"), array("Q"), []
    shared: dict[Flags, Flags] = {}
    async for row in mail.store.messages.flags(box.owner, box.id, [(1, box.uid_next - 1)] if box.uid_next > 1 else []):
        uids.append(row.uid)
        modseqs.append(row.modseq)
        flags.append(shared.setdefault(row.flags, row.flags))
    return View(box.uid_validity, box.uid_next, box.modseq, uids, flags, modseqs)


def _followed(kept: View, changes: Changes) -> View:
    """A view after changes; another process may have kept it after the mailbox was looked at."""
    uids, flags, modseqs = kept.uids, kept.flags, kept.modseqs
    shared: dict[Flags, Flags] = {each: each for each in set(flags)}
    for row in changes.changed:
        same = shared.setdefault(row.flags, row.flags)
        place = bisect_left(uids, row.uid)
        if place == len(uids):
            uids.append(row.uid)
            flags.append(same)
            modseqs.append(row.modseq)
        elif uids[place] == row.uid:
            flags[place], modseqs[place] = same, row.modseq
    for first, last in changes.vanished:
        gone = slice(bisect_left(uids, first), bisect_right(uids, last))
        del uids[gone], flags[gone], modseqs[gone]
    modseq, uid_next = max(kept.modseq, changes.modseq), max(kept.uid_next, changes.uid_next)
    return View(kept.uid_validity, uid_next, modseq, uids, flags, modseqs)


async def changes_since(mail: Mail, owner: str, mailbox_id: str, modseq: int) -> Changes:
    """What happened after a cursor; one small read when nothing did. Raises `NotFound` when it was deleted."""
    return await _changes(mail, await mail.store.mailboxes.get(owner, mailbox_id), modseq)


async def vanished_since(mail: Mail, box: Mailbox, modseq: int) -> Sequence[Range] | None:
    """UIDs that have gone after a cursor, those since `box` was read among them; None when some were forgotten."""
    return await mail.store.tombstones.after(box.owner, box.id, modseq) if modseq >= box.horizon else None


async def _changes(mail: Mail, box: Mailbox, modseq: int) -> Changes:
    if box.modseq <= modseq:
        return Changes(box.modseq, box.uid_next, [], [])
    vanished = await mail.store.tombstones.after(box.owner, box.id, modseq)
    changed = await mail.store.messages.flags_changed(box.owner, box.id, modseq, box.uid_next)
    return Changes(box.modseq, box.uid_next, changed, vanished, complete=modseq >= box.horizon)
