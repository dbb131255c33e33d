"""Who calls, and what is named: the bare id of one's own, with the owner before it that of somebody else's."""

from chassis.identity import Identity, current_identity
from services.mail.domain.envelope import Sender


def shown(owner: str, own_id: str) -> str:
    """As the caller has to name it."""
    return own_id if owner == current_identity().account_id else f"{owner}.{own_id}"


def meant(given: str) -> tuple[str, str]:
    """The owner, the caller when none is named, and the id with that owner."""
    owner, point, own_id = given.partition(".")
    return (owner, own_id) if point else (current_identity().account_id, given)


def sender_of(identity: Identity) -> Sender:
    """As whom the caller writes."""
    return Sender(identity.account_id, identity.address, identity.aliases)
