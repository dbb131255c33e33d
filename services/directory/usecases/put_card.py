"""Keep a vCard under a name of an address book, octet for octet."""

from dataclasses import dataclass, replace
from typing import Any

from chassis.errors import AlreadyExists, PreconditionFailed
from chassis.ids import new_id
from services.directory.domain.contacts import (
    MAX_BOOK_OCTETS,
    MAX_CONTACTS,
    AddressBook,
    Contact,
    Precondition,
    contact_of,
    resource_name_given,
)
from services.directory.usecases.context import Directory


@dataclass(frozen=True)
class Kept:
    """A contact as it now is; `created` says that there was none under its name, `changed` that anything changed."""

    contact: Contact
    created: bool
    changed: bool = True


async def put_card(
    directory: Directory,
    owner: str,
    book_id: str,
    name: str,
    vcard: bytes,
    precondition: Precondition = Precondition(),  # noqa: B008 - it cannot be changed
) -> Kept:
    """Raises `InvalidInput` for what is no vCard, `AlreadyExists` naming the resource that has its UID,
    `PreconditionFailed` when the precondition does not hold or the book is full, `NotFound`, `Conflict`."""
    given = contact_of(
        owner, new_id(), book_id, resource_name_given(name), vcard, modseq=0, updated_at=directory.clock()
    )
    before = await directory.contacts.named(owner, book_id, name)
    if before is not None and before.etag == given.etag:
        precondition.check(before.etag)
        return Kept(before, created=False, changed=False)

    async def act(book: AddressBook, session: Any) -> Kept:
        return await keep(directory, book, given, precondition, session)

    return await directory.address_books.changing(owner, book_id, act)


async def keep(
    directory: Directory, book: AddressBook, given: Contact, precondition: Precondition, session: Any
) -> Kept:
    """Write a contact into a book that the transaction has advanced to the contact's modseq."""
    before = await directory.contacts.named(book.owner, book.id, given.name, session)
    precondition.check(before.etag if before else None)
    holder = await directory.contacts.with_uid(book.owner, book.id, given.uid, session)
    if holder is not None and holder.name != given.name:
        raise AlreadyExists("Another contact of this address book has its UID", fields={"uid": holder.name})
    contacts, octets = int(before is None), len(given.vcard) - (len(before.vcard) if before else 0)
    if book.contacts + contacts > MAX_CONTACTS or (octets > 0 and book.octets + octets > MAX_BOOK_OCTETS):
        raise PreconditionFailed("The address book is full", fields={"address_book": "full"})
    after = replace(given, modseq=book.modseq, id=before.id if before else given.id)
    await directory.contacts.put(after, session)
    await directory.address_books.count(book.owner, book.id, contacts, octets, session)
    return Kept(after, created=before is None)
