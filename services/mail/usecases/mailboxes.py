"""Read an account's mailboxes."""

from collections.abc import Sequence

from chassis.errors import NotFound
from services.mail.domain.mailbox import Mailbox, in_order
from services.mail.domain.names import INBOX
from services.mail.usecases.context import Mail
from services.mail.usecases.provision import provision


async def list_mailboxes(mail: Mail, owner: str) -> list[Mailbox]:
    """All of them, the ones with a use first, then by name. Makes the first ones on first need."""
    found = await mail.store.mailboxes.of(owner)
    if not found:
        await provision(mail, owner)
        found = await mail.store.mailboxes.of(owner)
    return in_order(found)


async def find_mailbox(mail: Mail, owner: str, name: str) -> Mailbox:
    """By name, INBOX in any case; what STATUS and SELECT read. Makes the first ones on need. Raises `NotFound`."""
    wanted = INBOX if name.upper() == INBOX else name
    found = await mail.store.mailboxes.named(owner, wanted)
    if found is None:
        await provision(mail, owner)
        found = await mail.store.mailboxes.named(owner, wanted)
    if found is None:
        raise NotFound("No such mailbox")
    return found


async def get_mailbox(mail: Mail, owner: str, mailbox_id: str) -> Mailbox:
    """By id. Raises `NotFound`."""
    return await mail.store.mailboxes.get(owner, mailbox_id)


async def cursors(mail: Mail, mailboxes: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The modseq of each (owner, mailbox id) in one query, by mailbox id; the deleted ones are left out."""
    return await mail.store.mailboxes.modseqs(mailboxes)
