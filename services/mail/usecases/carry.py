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
from services.mail.usecases.context import Mail
from services.mail.usecases.copy import copy, enter
from services.mail.usecases.custody import preserve_copies
from services.mail.usecases.expunge import take_away
from services.mail.usecases.move import move


async def copy_to(
    mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], there: Mailbox, held: Rights
) -> Copied:
    """All or none. `held` is what whoever copies may do `there`. Raises `NotFound` (either mailbox), `OverQuota`."""
    if there.owner == owner and held == ALL:
        return await copy(mail, owner, mailbox_id, ranges, there.id)

    async def act(session: Any) -> Copied:
        found = await _found(mail, owner, mailbox_id, ranges, held, session)
        carried = [(item, new_id()) for item in found]
        return await enter(mail, owner, mailbox_id, there.owner, there.id, carried, session)

    return await mail.store.transaction(act)


async def move_to(
    mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range], there: Mailbox, held: Rights
) -> Copied:
    """The same; each message keeps its id, and is gone where it was."""
    if there.owner == owner:
        return await move(mail, owner, mailbox_id, ranges, there.id)

    async def act(session: Any) -> Copied:
        found = await _found(mail, owner, mailbox_id, ranges, held, session)
        carried = [(item, outside(item.document["_id"])) for item in found]
        done = await enter(mail, owner, mailbox_id, there.owner, there.id, carried, session)
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


async def _leave(mail: Mail, owner: str, mailbox_id: str, found: Sequence[Copy], session: Any) -> None:
    ranges = ranges_of([item.uid for item in found])
    left = await mail.store.messages.extents(owner, mailbox_id, ranges, session=session)

    async def keep(box: Mailbox) -> None:
        await preserve_copies(mail, owner, mailbox_id, box.name, found, session, why=MOVED_AWAY)

    await take_away(mail, owner, mailbox_id, left, keep, session)
