"""Delete an address book with all that is in it."""

from chassis.errors import NotFound
from services.directory.store.address_books import NO_BOOK
from services.directory.usecases.context import Directory


async def delete_address_book(directory: Directory, owner: str, book_id: str) -> None:
    """Raises `NotFound`.

    The book goes last: should the process die between, its owner sees an emptier book and deletes it again.
    """
    await directory.address_books.get(owner, book_id)
    await directory.contacts.remove_all(owner, book_id)
    if not await directory.address_books.remove(owner, book_id):
        raise NotFound(NO_BOOK)
    # What came in between the two.
    await directory.contacts.remove_all(owner, book_id)


async def erase_contacts(directory: Directory, owner: str) -> int:
    """Remove all that a person noted, when the person's data is to go; how many address books went."""
    books = await directory.address_books.of(owner)
    for book in books:
        await delete_address_book(directory, owner, book.id)
    return len(books)
