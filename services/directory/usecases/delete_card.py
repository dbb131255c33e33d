"""Delete a contact; who holds an older cursor is told."""

from typing import Any

from chassis.errors import NotFound
from services.directory.domain.contacts import AddressBook, Contact, Precondition
from services.directory.usecases.context import Directory

NO_CONTACT = "There is no such contact"


async def delete_card(
    directory: Directory,
    owner: str,
    book_id: str,
    name: str,
    precondition: Precondition = Precondition(),  # noqa: B008
) -> None:
    """Raises `NotFound`, `PreconditionFailed`."""

    async def act(book: AddressBook, session: Any) -> None:
        found = await directory.contacts.named(owner, book_id, name, session)
        if found is None:
            raise NotFound(NO_CONTACT)
        precondition.check(found.etag)
        await discard(directory, book, found, session)

    await directory.address_books.changing(owner, book_id, act)


async def discard(directory: Directory, book: AddressBook, contact: Contact, session: Any) -> None:
    """Take a contact out of a book that the transaction has advanced."""
    await directory.contacts.bury(contact, book.modseq, directory.clock(), session)
    await directory.address_books.count(book.owner, book.id, -1, -len(contact.vcard), session)
