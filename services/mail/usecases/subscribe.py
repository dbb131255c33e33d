"""Subscribe to a mailbox, or end it."""

from services.mail.domain.mailbox import Mailbox
from services.mail.usecases.context import Mail


async def subscribe(mail: Mail, owner: str, mailbox_id: str, subscribed: bool) -> None:
    """Raises `NotFound`."""
    await mail.store.mailboxes.subscribe(owner, mailbox_id, subscribed)


async def subscribe_shared(mail: Mail, account_id: str, box: Mailbox, subscribed: bool) -> None:
    """The same in somebody else's mailbox that an account may find, for that account alone."""
    await mail.store.grants.subscribe(account_id, box, subscribed=subscribed)
