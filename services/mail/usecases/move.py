"""Move messages to another mailbox of the account."""

from collections.abc import Sequence
from typing import Any

from workspace.mail.v1 import events_pb2

from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Copied
from services.mail.domain.uids import Range, ranges_of
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import moved


async def move(mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], to_mailbox_id: str) -> Copied:
    """All or none, each keeps its id (RFC 6851). UIDs that are gone are left out. Raises `NotFound` (either mailbox).
    However full they are, an account may move what is in its mailboxes.

    `Copied.modseq` is the destination's; the mailbox that they left has its own, found by `changes_since`.
    """

    apart: list[tuple[list[str], events_pb2.FlagsChanged]] = []

    async def act(session: Any) -> Copied:
        nonlocal apart
        await mail.store.mailboxes.get(owner, mailbox_id, session=session)
        found = await mail.store.messages.extents(owner, mailbox_id, ranges, session=session)
        if not found:
            there = await mail.store.mailboxes.get(owner, to_mailbox_id, session=session)
            return Copied(there.uid_validity, [], [], there.modseq)
        count, size = len(found), sum(item.size for item in found)
        unseen = sum(not item.seen for item in found)
        entered = await mail.store.mailboxes.advance(
            owner, to_mailbox_id, uids=count, messages=count, unseen=unseen, size=size, within=True, session=session
        )
        left = await mail.store.mailboxes.advance(
            owner, mailbox_id, messages=-count, unseen=-unseen, size=-size, within=True, session=session
        )
        from_uids = [item.uid for item in found]
        to_uids = list(range(entered.uid_next - count, entered.uid_next))
        moves = zip(found, to_uids, strict=True)
        await mail.store.messages.relocate(moves, entered, mail.now(), session=session)
        leaving, entering = await hearers_of(mail, left), await hearers_of(mail, entered)
        gone = moved(left, entered, from_uids, to_uids, [each for each in leaving if each in entering])
        apart = [
            ([each for each in leaving if each not in entering], _changed(left)),
            ([each for each in entering if each not in leaving], _changed(entered)),
        ]
        await mail.store.tombstones.insert(
            owner, mailbox_id, left.modseq, ranges_of(from_uids), mail.now(), [gone], session=session
        )
        return Copied(entered.uid_validity, from_uids, to_uids, entered.modseq)

    done = await mail.store.transaction(act)
    await mail.store.pages.drop(owner, mailbox_id, done.from_uids)
    # Who reads one of the two hears that something changed there, and nothing of the other.
    for hearers, change in apart:
        if hearers:
            await mail.nudge(hearers, change)
    return done


def _changed(box: Mailbox) -> events_pb2.FlagsChanged:
    return events_pb2.FlagsChanged(account_id=box.owner, mailbox_id=box.id, modseq=box.modseq)
