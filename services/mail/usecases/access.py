"""The one place that decides what an account may do in a mailbox, its own or another's."""

from chassis.errors import NotFound
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Message
from services.mail.domain.rights import ALL, NONE, READ, Rights, require
from services.mail.domain.sharing import granted
from services.mail.usecases.context import Mail


async def rights_in(mail: Mail, actor: str, box: Mailbox) -> Rights:
    """All for its owner and for whoever holds the function that owns it, else what was granted; nothing is without
    effect as long as its owner is suspended."""
    if box.owner == actor:
        return ALL
    function = await mail.store.functions.get(box.owner)
    if function is not None:
        return ALL if actor in function.standing else granted(box.acl, actor)
    held = granted(box.acl, actor)
    if held and not await mail.people.addresses([box.owner]):
        return NONE
    return held


async def owns(mail: Mail, account_id: str, owner: str) -> bool:
    """Whether an account is the owner of mailboxes and a name, or holds the function that is."""
    if account_id == owner:
        return True
    function = await mail.store.functions.get(owner)
    return function is not None and account_id in function.standing


async def hearers_of(mail: Mail, box: Mailbox, right: str = READ) -> list[str]:
    """Whose live sessions hear of what happens in a mailbox: its owner's, and of all who have a right in it. Who held a
    function may hear of it some seconds longer."""
    stands = await mail.people.whereabouts(box.owner)
    holders = stands.holders if stands is not None else ()
    others = [who for who, letters in box.acl if right in letters and who not in holders]
    of_function = stands is not None and stands.of_function
    if others and not of_function and not await mail.people.addresses([box.owner]):
        others = []  # its owner is suspended
    return [box.owner, *holders, *others]


async def open_mailbox(mail: Mail, actor: str, owner: str, mailbox_id: str, *needed: str) -> Mailbox:
    """A mailbox in which `actor` may do what is needed.

    Raises `NotFound`, also when `actor` may not even look it up, and `Forbidden` when it may, and not that.
    """
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    require(await rights_in(mail, actor, box), needed)
    return box


async def open_held(mail: Mail, actor: str, owner: str, mailbox_id: str, *needed: str) -> tuple[Mailbox, Rights]:
    """The same, with all that `actor` may do in it."""
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    held = await rights_in(mail, actor, box)
    require(held, needed)
    return box, held


async def open_held_message(
    mail: Mail, actor: str, owner: str, message_id: str, *needed: str
) -> tuple[Message, Rights]:
    """A message, where `actor` may do what is needed, and all that it may do there. Raises as `open_mailbox` does."""
    found = await mail.store.messages.get(owner, message_id)
    if owner == actor:
        return found, ALL
    try:
        _, held = await open_held(mail, actor, owner, found.mailbox_id, *needed)
    except NotFound:
        raise NotFound("No such message") from None
    return found, held


async def open_message_of(mail: Mail, actor: str, owner: str, message_id: str, *needed: str) -> Message:
    return (await open_held_message(mail, actor, owner, message_id, *needed))[0]
