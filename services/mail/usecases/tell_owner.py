"""Put a letter of the platform into the INBOX of an account that it is about."""

from collections.abc import Callable

from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.usecases.context import Mail
from services.mail.usecases.deliver import deliver
from services.mail.usecases.store_source import store_octets


async def tell_owner(mail: Mail, owner: str, written: Callable[[str, str], bytes]) -> None:
    """A letter into the INBOX, whatever room there is; `written` is given the owner's address and our domain.

    The same octets make one letter. Raises `Unavailable` and its like, to be tried again.
    """
    stands = await mail.people.whereabouts(owner)
    if stands is None:  # gone meanwhile
        return
    content = await store_octets(mail, written(stands.name, mail.domains.names[0]))
    path = f"Return-Path: <>\r\nDelivered-To: {stands.name}\r\n".encode()
    to = Delivery(Recipient(owner, stands.name), path, beyond_quota=True)
    (outcome,) = await deliver(mail, sender="", content=content, deliveries=[to])
    if outcome.result is Result.FAILED and outcome.error is not None:
        raise outcome.error
