"""Copy and move messages to a mailbox that may be somebody else's.

Within one account they are the use cases of their own; between two the messages become the other account's, share the
blobs, and have of their flags those that whoever carries them may set there (RFC 4314 §4).
"""

from collections.abc import Sequence
from typing import Any

from chassis.ids import new_id
from services.mail.domain.flags import SEEN
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.matters import MOVED_AWAY
from services.mail.domain.message import Copied
from services.mail.domain.rights import ALL, Rights, changeable
from services.mail.domain.uids import Range, ranges_of
from services.mail.store.ids import outside
from services.mail.store.messages import Copy
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.copy import copy
from services.mail.usecases.custody import preserve_copies
from services.mail.usecases.facts import copied, deleted
from services.mail.usecases.move import move
from services.mail.usecases.quota import bounds_of


async def copy_to(
    mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], there: Mailbox, held: Rights
) -> Copied:
    """All or none. `held` is what whoever copies may do `there`. Raises `NotFound` (either mailbox), `OverQuota`."""
    if there.owner == owner and held == ALL:
        return await copy(mail, owner, mailbox_id, ranges, there.id)

    async def act(session: Any) -> Copied:
        found = await _found(mail, owner, mailbox_id, ranges, held, session)
        return await _enter(mail, found, owner, mailbox_id, there, [new_id() for _ in found], session)

    return await mail.store.transaction(act)


async def move_to(
    mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], there: Mailbox, held: Rights
) -> Copied:
    """The same; each message keeps its id, and is gone where it was."""
    if there.owner == owner:
        return await move(mail, owner, mailbox_id, ranges, there.id)

    async def act(session: Any) -> Copied:
        found = await _found(mail, owner, mailbox_id, ranges, held, session)
        done = await _enter(
            mail, found, owner, mailbox_id, there, [outside(item.document["_id"]) for item in found], session
        )
        if found:
            await _leave(mail, owner, mailbox_id, found, session)
        return done

    done = await mail.store.transaction(act)
    await mail.store.pages.drop(owner, mailbox_id, done.from_uids)
    return done


async def _found(
    mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], held: Rights, session: Any
) -> list[Copy]:
    """The messages, with the flags that they may have in the other mailbox."""
    await mail.store.mailboxes.get(owner, mailbox_id, session=session)
    carried = []
    for item in await mail.store.messages.copies(owner, mailbox_id, ranges, session=session):
        flags = list(changeable(held, item.document["flags"]))
        carried.append(item._replace(seen=SEEN in flags, document={**item.document, "flags": flags}))
    return carried


async def _enter(
    mail: Mail,
    found: Sequence[Copy],
    owner: str,
    mailbox_id: str,
    there: Mailbox,
    ids: Sequence[str],
    session: Any,
) -> Copied:
    if not found:
        there = await mail.store.mailboxes.get(there.owner, there.id, session=session)
        return Copied(there.uid_validity, [], [], there.modseq)
    box = await mail.store.mailboxes.advance(
        there.owner,
        there.id,
        uids=len(found),
        messages=len(found),
        unseen=sum(not item.seen for item in found),
        size=sum(item.size for item in found),
        bounds=await bounds_of(mail, there.owner),
        session=session,
    )
    from_uids = [item.uid for item in found]
    to_uids = list(range(box.uid_next - len(found), box.uid_next))
    hearers = await hearers_of(mail, box)
    fact = copied(box, mailbox_id, from_uids, to_uids, hearers, from_account=owner if owner != box.owner else "")
    carried = list(zip(found, ids, strict=True))
    await mail.store.messages.insert_carried(box, carried, to_uids, [fact], mail.now(), session=session)
    return Copied(box.uid_validity, from_uids, to_uids, box.modseq)


async def _leave(mail: Mail, owner: str, mailbox_id: str, found: Sequence[Copy], session: Any) -> None:
    uids = [item.uid for item in found]
    left = await mail.store.messages.extents(owner, mailbox_id, ranges_of(uids), session=session)
    box = await mail.store.mailboxes.advance(
        owner,
        mailbox_id,
        messages=-len(left),
        unseen=-sum(not item.seen for item in left),
        size=-sum(item.size for item in left),
        session=session,
    )
    await preserve_copies(mail, owner, mailbox_id, box.name, found, session, why=MOVED_AWAY)
    await mail.store.messages.remove(owner, mailbox_id, uids, session=session)
    told = [*(entry for item in left for entry in item.unpublished), deleted(box, uids, await hearers_of(mail, box))]
    await mail.store.tombstones.insert(
        owner, mailbox_id, box.modseq, ranges_of(uids), mail.now(), told, session=session
    )
