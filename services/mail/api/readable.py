"""Messages that the caller may read, its own and those of others."""

from chassis.identity import current_identity
from services.mail.api.ids import meant
from services.mail.domain.rights import READ
from services.mail.usecases import Mail
from services.mail.usecases.access import open_message_of


async def readable(mail: Mail, message_id: str) -> tuple[str, str]:
    """Owner and id of a message that the caller may read. Raises `NotFound`, `Forbidden`."""
    owner, own_id = meant(message_id)
    if owner != current_identity().account_id:
        await open_message_of(mail, current_identity().account_id, owner, own_id, READ)
    return owner, own_id
