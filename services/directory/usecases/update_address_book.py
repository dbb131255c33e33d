"""Change what a person says of an address book: its name, its description, what clients keep with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis.errors import InvalidInput
from services.directory.domain import text
from services.directory.domain.contacts import MAX_DESCRIPTION, AddressBook, properties_given
from services.directory.usecases.context import Directory

FIELDS = frozenset({"name", "description"})


def description_given(given: str) -> str:
    """Raises `InvalidInput`."""
    if len(given) > MAX_DESCRIPTION or any(c < " " and c not in "\n\r\t" for c in given):
        raise InvalidInput("Not a description", fields={"description": f"at most {MAX_DESCRIPTION} characters"})
    return given


async def update_address_book(
    directory: Directory,
    owner: str,
    book_id: str,
    said: Mapping[str, str],
    properties: Mapping[str, str] | None = None,
    removed: Sequence[str] = (),
) -> AddressBook:
    """Change the fields that `said` has, and properties of clients. Raises `NotFound`, `InvalidInput`."""

    async def act(book: AddressBook, session: Any) -> AddressBook:
        after = replace(
            book,
            name=text.name(said["name"], "name") if "name" in said else book.name,
            description=description_given(said["description"]) if "description" in said else book.description,
            properties=properties_given(book.properties, dict(properties or {}), removed),
        )
        await directory.address_books.describe(after, session)
        return after

    return await directory.address_books.changing(owner, book_id, act)
