"""A person's photo, for whoever may see it."""

from chassis.errors import InvalidInput, NotFound
from services.directory.domain.photos import USUAL, Photo, Rendition
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory

NO_PHOTO = "There is no such photo"
LARGEST = 10_000


async def get_photo(directory: Directory, account_id: str, size: int) -> tuple[Photo, Rendition]:
    """The photo, and it in the size for so many pixels a side.

    Raises `InvalidInput`; `NotFound` where there is none, and where the person is not listed and not the caller's to
    change: nothing tells one from the other.
    """
    if not 0 <= size <= LARGEST:
        raise InvalidInput("Not a size", fields={"size": f"0 to {LARGEST}"})
    asking = await caller(directory)
    account = await directory.accounts.find(account_id)
    if account is None or account.photo is None:
        raise NotFound(NO_PHOTO)
    if account.id != asking.id and not asking.administers(account.unit_path):
        book = await directory.phonebook.open()
        if book.number_of(account.id) is None:
            raise NotFound(NO_PHOTO)
    return account.photo, account.photo.of(size or USUAL)
