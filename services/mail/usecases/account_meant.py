"""Whose mail somebody means: its own, or that of an account which it administers."""

from dataclasses import dataclass

from chassis.errors import Forbidden, NotFound
from chassis.identity import Identity
from services.mail.domain.envelope import mail_address
from services.mail.usecases.context import Mail


@dataclass(frozen=True, slots=True)
class Account:
    """`unit_path` from the root to its unit; empty for one's own."""

    id: str
    address: str
    unit_path: tuple[str, ...] = ()


async def account_meant(mail: Mail, actor: Identity, address: str) -> Account:
    """The account of an address; the actor's own when empty.

    Raises `InvalidInput`, `NotFound` for nobody's address, `Forbidden` for an account of a unit that the actor does not
    administer.
    """
    if not address or mail_address(address) in {actor.address, *actor.aliases}:
        return Account(actor.account_id, actor.address)
    whose = mail_address(address)
    owner = await mail.people.account_of(whose)
    stands = await mail.people.whereabouts(owner) if owner is not None else None
    if owner is None or stands is None:
        raise NotFound("No such account") if actor.administers(()) else Forbidden("Not an account of yours")
    if not actor.administers(stands.unit_path):
        raise Forbidden("Not an account of yours")
    return Account(owner, whose, tuple(stands.unit_path))
