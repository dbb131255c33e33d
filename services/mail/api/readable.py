"""Mailboxes and messages that the caller may read, its own and those of others."""

from chassis.errors import NotFound
from chassis.identity import current_identity
from services.mail.api.ids import meant
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.rights import READ
from services.mail.usecases import Mail
from services.mail.usecases.access import open_mailbox, open_message_of
from services.mail.usecases.naming import find_named


async def readable(mail: Mail, message_id: str) -> tuple[str, str]:
    """Owner and id of a message that the caller may read. Raises `NotFound`, `Forbidden`."""
    owner, own_id = meant(message_id)
    if owner != current_identity().account_id:
        await open_message_of(mail, current_identity().account_id, owner, own_id, READ)
    return owner, own_id


async def readable_mailbox(mail: Mail, id_or_name: str) -> Mailbox:
    """One that the caller may read. A name may have points too: an id is looked for first. Raises `NotFound`,
    `Forbidden`."""
    actor = current_identity().account_id
    try:
        return await open_mailbox(mail, actor, *meant(id_or_name), READ)
    except NotFound:
        return (await find_named(mail, actor, id_or_name, READ))[0]
