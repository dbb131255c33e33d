"""Move a contact, or copy it, to another name or another address book of the same person."""

from dataclasses import replace
from typing import Any

from chassis.errors import AlreadyExists, Forbidden, NotFound
from chassis.ids import new_id
from services.directory.domain.contacts import ANY, AddressBook, Precondition, resource_name_given
from services.directory.usecases.context import Directory
from services.directory.usecases.delete_card import NO_CONTACT, discard
from services.directory.usecases.put_card import keep

_NEW = Precondition(if_none_match=(ANY,))


async def move_card(
    directory: Directory,
    owner: str,
    source: tuple[str, str],
    target: tuple[str, str],
    *,
    overwrite: bool,
    copy: bool,
    precondition: Precondition,
) -> bool:
    """`source` and `target` are book and name; whether nothing was under the target's before.

    Raises `NotFound`, `PreconditionFailed` when something is there and is not to be replaced, `AlreadyExists` for
    the UID, `Forbidden` for a contact upon itself.
    """
    resource_name_given(target[1])
    if source == target:
        raise Forbidden("A contact cannot be moved upon itself")

    async def act(here: AddressBook, there: AddressBook, session: Any) -> bool:
        found = await directory.contacts.named(owner, *source, session)
        if found is None:
            raise NotFound(NO_CONTACT)
        precondition.check(found.etag)
        if not copy:
            await discard(directory, here, found, session)
        elif source[0] == target[0]:
            raise AlreadyExists("An address book holds a UID once", fields={"uid": source[1]})
        moved = replace(found, id=new_id(), book_id=target[0], name=target[1], updated_at=directory.clock())
        # A number of its own: a cursor may come to stand between what went and what came.
        present = await directory.address_books.advance(owner, there.id, session)
        kept = await keep(directory, present, moved, Precondition() if overwrite else _NEW, session)
        return kept.created

    return await directory.address_books.changing_both(owner, (source[0], target[0]), act)
