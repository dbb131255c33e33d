"""Make an account's mailboxes."""

from collections.abc import Sequence
from typing import Any

from chassis.errors import Conflict, NotFound
from chassis.ids import new_id
from services.mail.domain.mailbox import PROVISIONED, Mailbox, SpecialUse
from services.mail.domain.names import INBOX
from services.mail.domain.rights import LOOKUP
from services.mail.domain.sharing import Acl
from services.mail.store.errors import Taken
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import mailbox_changed


async def provision(mail: Mail, owner: str) -> None:
    """Make INBOX, Drafts, Sent, Archive, Junk and Trash for an account that has none; once, whoever asks again.

    Raises `NotFound` for an account that was deleted.
    """
    if await mail.store.mailboxes.named(owner, INBOX):
        return
    if await mail.store.erasures.known(owner):
        raise NotFound("The account is no more")
    try:
        await mail.store.transaction(lambda session: make(mail, owner, PROVISIONED, session=session))
    except Taken:
        if not await mail.store.mailboxes.named(owner, INBOX):
            raise Conflict("The account's mailboxes are being made") from None


async def make(
    mail: Mail, owner: str, wanted: Sequence[tuple[str, SpecialUse | None]], *, acl: Acl = (), session: Any
) -> list[Mailbox]:
    """New empty mailboxes, in a transaction. A name that is taken raises `Taken`."""
    validities = await mail.store.mailboxes.next_validities(owner, len(wanted), mail.now(), session=session)
    made = [
        Mailbox(
            id=new_id(),
            owner=owner,
            name=name,
            uid_validity=validity,
            uid_next=1,
            modseq=1,
            special_use=use,
            subscribed=True,
            messages=0,
            unseen=0,
            size=0,
            acl=acl,
        )
        for (name, use), validity in zip(wanted, validities, strict=True)
    ]
    facts = [[mailbox_changed(box, box.name, await hearers_of(mail, box, LOOKUP))] for box in made]
    await mail.store.mailboxes.insert(zip(made, facts, strict=True), session=session)
    return made
