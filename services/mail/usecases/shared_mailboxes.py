"""Mailboxes of others that an account may find: of functions that it holds, and what was shared with it."""

from collections.abc import Sequence

from chassis.errors import NotFound
from services.mail.domain.mailbox import Mailbox, in_order
from services.mail.domain.rights import ALL, LOOKUP
from services.mail.domain.sharing import Shared, granted, shared
from services.mail.store.ids import key
from services.mail.usecases.context import Mail


async def shared_mailboxes(mail: Mail, actor: str) -> list[Shared]:
    """By owner, each owner's as the owner sees them; what their owners' addresses say comes first by name."""
    held = await mail.store.functions.held_by(actor)
    own = {function.id: function.address for function in held}
    boxes = [box for function_id in own for box in await mail.store.mailboxes.of(function_id)]
    given = [box for box in await mail.store.grants.shared_with(actor) if LOOKUP in granted(box.acl, actor)]
    boxes += [box for box in given if box.owner not in own]
    if not boxes:
        return []
    unwanted = await mail.store.grants.unsubscribed(actor)
    functions = {**own, **await _functions(mail, boxes, own)}
    accounts = await mail.people.addresses(sorted({box.owner for box in boxes} - functions.keys()))
    found = [
        shared(
            box,
            ALL if box.owner in own else granted(box.acl, actor),
            functions.get(box.owner) or accounts[box.owner],
            of_function=box.owner in functions,
            subscribed=key(box.owner, box.id) not in unwanted,
        )
        for box in in_order(boxes)
        if box.owner in functions or box.owner in accounts
    ]
    return sorted(found, key=lambda each: (not each.of_function, each.address))


async def find_shared(mail: Mail, actor: str, name: str) -> Shared:
    """By the name that `actor` knows it by. Raises `NotFound`, and looks at nothing that `actor` may not find."""
    for each in await shared_mailboxes(mail, actor):
        if each.box.name == name:
            return each
    raise NotFound("No such mailbox")


async def _functions(mail: Mail, boxes: Sequence[Mailbox], known: dict[str, str]) -> dict[str, str]:
    """Addresses of the other functions among the owners of some mailboxes."""
    found = {}
    for owner in {box.owner for box in boxes} - known.keys():
        if (function := await mail.store.functions.get(owner)) is not None:
            found[owner] = function.address
    return found
