"""One person's card."""

from chassis.errors import NotFound
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.search_people import Card, card_of


async def get_person(directory: Directory, account_id: str) -> Card:
    """Raises `NotFound`, also for an account that is not listed."""
    asking = await caller(directory)
    book = await directory.phonebook.open()
    number = book.number_of(account_id)
    if number is None:
        raise NotFound("The address book has nobody of this id")
    entry = book.entry(number)
    return card_of(asking, entry, book.path_of(entry.unit_path))
