"""Make an address book."""

from chassis.errors import PreconditionFailed
from chassis.ids import new_id
from services.directory.domain import text
from services.directory.domain.contacts import MAX_BOOKS, AddressBook, book_id_given
from services.directory.usecases.context import Directory
from services.directory.usecases.list_address_books import list_address_books
from services.directory.usecases.update_address_book import description_given


async def create_address_book(
    directory: Directory, owner: str, book_id: str, name: str, description: str
) -> AddressBook:
    """Raises `AlreadyExists` for an id that is taken, `PreconditionFailed` beyond the limit, `InvalidInput`."""
    made = AddressBook(
        owner=owner,
        id=book_id_given(book_id or new_id().lower()),
        name=text.name(name or book_id, "name"),
        epoch=new_id(),
        created_at=directory.clock(),
        description=description_given(description),
    )
    if len(await list_address_books(directory, owner)) >= MAX_BOOKS:
        raise PreconditionFailed("There are too many address books", fields={"address_book": f"at most {MAX_BOOKS}"})
    await directory.address_books.insert(made)
    return made
