"""The mailbox of a use: of sent letters, of junk."""

from services.mail.domain.mailbox import PROVISIONED, Mailbox, SpecialUse
from services.mail.usecases.context import Mail
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.mailboxes import list_mailboxes


async def special_mailbox(mail: Mail, owner: str, use: SpecialUse) -> Mailbox:
    """By its use, else by the name that it is made with; made again if its owner deleted it."""
    name = next(name for name, of in PROVISIONED if of is use)
    boxes = await list_mailboxes(mail, owner)
    found = next((box for box in boxes if box.special_use is use), None)
    found = found or next((box for box in boxes if box.name == name), None)
    return found or await create_mailbox(mail, owner, name, special_use=use)
