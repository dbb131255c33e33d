"""Tell an agent that the mailboxes are nearly full, or full."""

from collections.abc import AsyncIterator

from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.domain.quota_letter import Told, quota_letter
from services.mail.usecases.context import Mail
from services.mail.usecases.deliver import deliver
from services.mail.usecases.store_source import store_source


async def warn_of_quota(mail: Mail, owner: str, told: Told) -> None:
    """A letter into the INBOX, whatever room there is. Repeatable: the same fact makes one letter.

    Raises `Unavailable` and its like, to be tried again.
    """
    stands = await mail.people.whereabouts(owner)
    if stands is None:  # gone meanwhile
        return
    source = quota_letter(told, stands.name, mail.domains.names[0])
    content = await store_source(mail, _once(source))
    path = f"Return-Path: <>\r\nDelivered-To: {stands.name}\r\n".encode()
    to = Delivery(Recipient(owner, stands.name), path, beyond_quota=True)
    (outcome,) = await deliver(mail, sender="", content=content, deliveries=[to])
    if outcome.result is Result.FAILED and outcome.error is not None:
        raise outcome.error


async def _once(source: bytes) -> AsyncIterator[bytes]:
    yield source
