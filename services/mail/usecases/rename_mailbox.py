"""Rename a mailbox."""

from typing import Any

from chassis.errors import AlreadyExists, InvalidInput, NotFound
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.names import INBOX, SEPARATOR, mailbox_name
from services.mail.domain.rights import LOOKUP
from services.mail.domain.sharing import own_name
from services.mail.domain.uids import ALL
from services.mail.store.errors import Taken
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.create_mailbox import create_mailbox, inherited, missing_above
from services.mail.usecases.facts import mailbox_changed
from services.mail.usecases.move import move
from services.mail.usecases.provision import make
from services.mail.usecases.rules import follow_renaming


async def rename_mailbox(mail: Mail, owner: str, mailbox_id: str, name: str) -> Mailbox:
    """Rename it and with it all below it; missing ones above the new name are made, and rules follow.

    INBOX stays and its messages move to a new mailbox of that name (RFC 3501 §6.3.5), which is what is returned.
    Raises `NotFound`, `InvalidInput`, `AlreadyExists`.
    """
    wanted = own_name(name)
    present = await mail.store.mailboxes.of(owner)
    box = next((box for box in present if box.id == mailbox_id), None)
    if box is None:
        raise NotFound("No such mailbox")
    if box.name == wanted:
        return box
    if box.name == INBOX:
        made = await create_mailbox(mail, owner, wanted)
        await move(mail, owner, mailbox_id, ALL, made.id)
        return await mail.store.mailboxes.get(owner, made.id)
    below = box.name + SEPARATOR
    if wanted.startswith(below):
        raise InvalidInput("A mailbox cannot go below itself", fields={"mailbox.name": "is below the mailbox itself"})
    renamed = [
        (other, mailbox_name(wanted + other.name.removeprefix(box.name)))
        for other in present
        if other is box or other.name.startswith(below)
    ]

    async def act(session: Any) -> Mailbox:
        missing = missing_above(wanted, {other.name for other in present})
        if missing:
            acl = await inherited(mail, owner, wanted, present, session=session)
            await make(mail, owner, missing, acl=acl, session=session)
        for other, new in renamed:
            after = await mail.store.mailboxes.advance(owner, other.id, session=session)
            changed = mailbox_changed(after, new, await hearers_of(mail, after, LOOKUP))
            await mail.store.mailboxes.rename(owner, other.id, new, [changed], session=session)
        await follow_renaming(mail, owner, {other.name: new for other, new in renamed}, session=session)
        return await mail.store.mailboxes.get(owner, mailbox_id, session=session)

    try:
        return await mail.store.transaction(act)
    except Taken:
        raise AlreadyExists("There is a mailbox of this name") from None
