"""Subscribe to a mailbox, or end it."""

from services.mail.usecases.context import Mail


async def subscribe(mail: Mail, owner: str, mailbox_id: str, subscribed: bool) -> None:
    """Raises `NotFound`."""
    await mail.store.mailboxes.subscribe(owner, mailbox_id, subscribed)
