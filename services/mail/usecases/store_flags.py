"""Change flags of messages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from workspace.mail.v1 import events_pb2

from services.mail.domain.flags import SEEN, FlagAction, Flags, canonical, changed
from services.mail.domain.message import FlagRow, Stored
from services.mail.domain.rights import ALL, Rights, within
from services.mail.domain.uids import Range
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail


async def store_flags(
    mail: Mail,
    owner: str,
    mailbox_id: str,
    ranges: Sequence[Range],
    action: FlagAction,
    flags: Iterable[str],
    *,
    unchanged_since: int | None = None,
    held: Rights = ALL,
) -> Stored:
    """Change those that whoever asks may change, who has the rights `held` (RFC 4314 §4).

    One change, one modseq for all it changes; nothing is written when nothing differs.

    Raises `NotFound` (mailbox), `InvalidInput` (flags), `Conflict` when others keep winning.
    """
    named = canonical(flags)
    hearers: list[str] = []

    async def act(session: Any) -> Stored:
        nonlocal hearers
        kept, modified = [], []
        groups: dict[Flags, list[int]] = defaultdict(list)
        unseen = 0
        async for row in mail.store.messages.flags(owner, mailbox_id, ranges, session=session):
            if unchanged_since is not None and row.modseq > unchanged_since:
                modified.append(row.uid)
                continue
            after = within(held, row.flags, changed(row.flags, action, named))
            if after == row.flags:
                kept.append(row)
                continue
            groups[after].append(row.uid)
            unseen += (SEEN in row.flags) - (SEEN in after)
        if not groups:
            box = await mail.store.mailboxes.get(owner, mailbox_id, session=session)
            return Stored(box.modseq, kept, modified, wrote=False)
        # Everybody who changes messages advances their mailbox: whoever did so since `act` read them conflicts here.
        box = await mail.store.mailboxes.advance(owner, mailbox_id, unseen=unseen, session=session)
        for after, uids in groups.items():
            await mail.store.messages.set_flags(owner, mailbox_id, uids, after, box.modseq, session=session)
        hearers = await hearers_of(mail, box)
        kept.extend(FlagRow(uid, after, box.modseq) for after, uids in groups.items() for uid in uids)
        return Stored(box.modseq, sorted(kept), modified, wrote=True)

    stored = await mail.store.transaction(act)
    if stored.wrote:
        change = events_pb2.FlagsChanged(account_id=owner, mailbox_id=mailbox_id, modseq=stored.modseq)
        await mail.nudge(hearers, change)
    return stored
