"""Put a letter of the platform into the INBOX of who it is about, or who is to do something."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from chassis.errors import NotFound, Unavailable
from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.domain.message import Content
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
    await put_in(mail, Recipient(owner, stands.name), content)


async def tell_each(mail: Mail, receivers: Mapping[str, str], written: Callable[[str, str], bytes]) -> None:
    """A letter of their own to accounts and functions, by id with the address of each. Who is gone meanwhile gets none.

    The same octets make one letter. Raises `Unavailable` and its like, to be tried again.
    """
    for receiver, address in receivers.items():
        content = await store_octets(mail, written(address, mail.domains.names[0]))
        with suppress(NotFound):
            await put_in(mail, Recipient(receiver, address), content)


async def put_in(mail: Mail, to: Recipient, content: Content) -> None:
    """What the platform itself says to somebody here, from nobody. Raises `Unavailable` and its like."""
    path = f"Return-Path: <>\r\nDelivered-To: {to.address}\r\n".encode()
    deliveries = [Delivery(to, path, beyond_quota=True)]
    (outcome,) = await deliver(mail, sender="", content=content, deliveries=deliveries)
    if outcome.result is Result.FAILED:
        raise outcome.error or Unavailable("The letter could not be delivered")
