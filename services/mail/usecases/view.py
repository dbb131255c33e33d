"""See a mailbox as SELECT does, and follow it."""

from array import array

from services.mail.domain.flags import Flags
from services.mail.domain.message import Changes, View
from services.mail.usecases.context import Mail


async def view(mail: Mail, owner: str, mailbox_id: str) -> View:
    """UIDs, flags and modseqs of all messages in one range query. Raises `NotFound`.

    The counters are read first: what happens meanwhile has a higher modseq and shows in `changes_since`.
    """
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    uids, modseqs, flags = array("I"), array("Q"), []
    shared: dict[Flags, Flags] = {}
    async for row in mail.store.messages.flags(owner, mailbox_id, [(1, box.uid_next - 1)] if box.uid_next > 1 else []):
        uids.append(row.uid)
        modseqs.append(row.modseq)
        flags.append(shared.setdefault(row.flags, row.flags))
    return View(box.uid_validity, box.uid_next, box.modseq, uids, flags, modseqs)


async def changes_since(mail: Mail, owner: str, mailbox_id: str, modseq: int) -> Changes:
    """What happened after a cursor; one small read when nothing did. Raises `NotFound` when it was deleted."""
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    if box.modseq <= modseq:
        return Changes(box.modseq, box.uid_next, [], [])
    vanished = await mail.store.tombstones.after(owner, mailbox_id, modseq)
    changed = await mail.store.messages.flags_changed(owner, mailbox_id, modseq, box.uid_next)
    return Changes(box.modseq, box.uid_next, changed, vanished, complete=modseq >= box.horizon)
