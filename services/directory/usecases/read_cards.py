"""Cards of an address book: those named, or those that a filter lets through."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from chassis.errors import InvalidInput
from services.directory.domain.card_filter import CardFilter, checked
from services.directory.domain.contacts import Contact
from services.directory.domain.vcards import read_card
from services.directory.store.contacts import Row
from services.directory.usecases.context import Directory

MAX_NAMES = 10_000


async def list_cards(directory: Directory, owner: str, book_id: str, names: Sequence[str] = ()) -> list[Row]:
    """What a cursor says of each. Raises `NotFound`, `InvalidInput`."""
    await directory.address_books.get(owner, book_id)
    return await directory.contacts.rows(owner, book_id, _bounded(names))


async def read_cards(
    directory: Directory, owner: str, book_id: str, names: Sequence[str], wanted: CardFilter, limit: int
) -> AsyncIterator[Contact]:
    """Whole contacts; at most `limit` where it is not 0. Raises `NotFound`, `InvalidInput`."""
    await directory.address_books.get(owner, book_id)
    found = 0
    async for contact in directory.contacts.cards(owner, book_id, _bounded(names)):
        if checked(wanted).properties:
            # Reading a card takes long enough for others to be let through between two.
            await asyncio.sleep(0)
            if not wanted.holds(read_card(contact.vcard)):
                continue
        yield contact
        found += 1
        if found == limit:
            return


def _bounded(names: Sequence[str]) -> Sequence[str]:
    if len(names) > MAX_NAMES:
        raise InvalidInput("Too many names at once", fields={"names": f"at most {MAX_NAMES}"})
    return names
