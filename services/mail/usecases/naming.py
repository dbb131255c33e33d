"""Names of mailboxes as an account writes them: its own, and those of others that it may find."""

import unicodedata
from typing import NamedTuple

from chassis.errors import Forbidden, PreconditionFailed
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.names import INBOX, SEPARATOR, above, mailbox_name
from services.mail.domain.rights import ALL, MAKE_BELOW, Rights, require
from services.mail.domain.sharing import in_namespace, shown_name
from services.mail.usecases.context import Mail
from services.mail.usecases.mailboxes import find_mailbox
from services.mail.usecases.shared_mailboxes import find_shared, shared_mailboxes


async def find_named(mail: Mail, actor: str, name: str, *needed: str) -> tuple[Mailbox, Rights]:
    """A mailbox with the name by which `actor` knows it, and what `actor` may do there.

    Raises `InvalidInput` (no name), `NotFound`, also for one that `actor` may not find, and `Forbidden` for one that it
    may, where it may not do what is `needed`.
    """
    if not in_namespace(name):
        return await find_mailbox(mail, actor, mailbox_name(name)), ALL
    found = await find_shared(mail, actor, unicodedata.normalize("NFC", name))
    require(found.rights, needed)
    return found.box, found.rights


class Place(NamedTuple):
    """Where a mailbox of a name is to be: whose it will be, and what its owner calls it."""

    owner: str
    name: str


async def place_for(mail: Mail, actor: str, name: str) -> Place:
    """Where `actor` may make a mailbox. Raises `InvalidInput`, and `Forbidden` alike for a place that is not there."""
    if not in_namespace(name):
        return Place(actor, mailbox_name(name))
    wanted = unicodedata.normalize("NFC", name)
    known = {each.box.name: each for each in await shared_mailboxes(mail, actor)}
    for higher in reversed(above(wanted)):
        if (found := known.get(higher)) is not None:
            if MAKE_BELOW not in found.rights:
                break
            return Place(found.box.owner, found.own_name + wanted[len(higher) :])
    for function in await mail.store.functions.held_by(actor):
        top = shown_name(function.address, "", of_function=True)
        if wanted.startswith(top) and function.own_mailbox and SEPARATOR not in wanted.removeprefix(top):
            return Place(function.id, wanted.removeprefix(top))
    raise Forbidden("You may not make a mailbox there")


async def name_there(mail: Mail, actor: str, box: Mailbox, name: str) -> str:
    """The own name that a mailbox has after `actor` renamed it to `name`: it stays with its owner.

    Raises `InvalidInput`, `Forbidden`, and `PreconditionFailed` for somebody else's INBOX.
    """
    if box.owner != actor and box.name.rpartition(SEPARATOR)[2] == INBOX:
        raise PreconditionFailed("The INBOX of others cannot be renamed")
    place = await place_for(mail, actor, name)
    if place.owner != box.owner:
        raise Forbidden("A mailbox stays with its owner")
    return place.name
