"""A person's address books; the first one is made when it is first needed."""

from contextlib import suppress

from chassis.errors import AlreadyExists
from chassis.ids import new_id
from services.directory.domain.contacts import DEFAULT_BOOK, DEFAULT_NAME, AddressBook
from services.directory.usecases.context import Directory


async def list_address_books(directory: Directory, owner: str) -> list[AddressBook]:
    """At least one, by name."""
    found = await directory.address_books.of(owner)
    if not found:
        first = AddressBook(owner, DEFAULT_BOOK, DEFAULT_NAME, new_id(), directory.clock())
        with suppress(AlreadyExists):  # another client of the same person was faster
            await directory.address_books.insert(first)
        found = await directory.address_books.of(owner)
    return sorted(found, key=lambda book: (book.name.casefold(), book.id))
