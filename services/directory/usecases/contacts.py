"""Contacts as the web workspace shows and changes them."""

import uuid
from collections.abc import Collection

from chassis.errors import InvalidInput, NotFound
from chassis.ids import new_id
from services.directory.domain import card_writing
from services.directory.domain.card_writing import DETAILS, Details
from services.directory.domain.contacts import AddressBook, Contact, Precondition, folded_words
from services.directory.domain.vcards import read_card
from services.directory.store.contacts import place_of
from services.directory.usecases.context import Directory
from services.directory.usecases.delete_card import NO_CONTACT, delete_card
from services.directory.usecases.paging import page_size, resume_after, token_after
from services.directory.usecases.put_card import put_card

MAX_QUERY = 200
MAX_WORDS = 8
VCARD = "vcard"


async def list_contacts(
    directory: Directory, owner: str, book_id: str, query: str, size: int, token: str
) -> tuple[list[Contact], str]:
    """A page of contacts by name, and the token of the next one. Raises `NotFound`, `InvalidInput`."""
    if len(query) > MAX_QUERY:
        raise InvalidInput("The query is too long", fields={"query": f"more than {MAX_QUERY} characters"})
    book = await directory.address_books.get(owner, book_id)
    words, count = folded_words(query)[:MAX_WORDS], page_size(size)
    of = " ".join([book.id, *words])
    after = resume_after(token, "contacts", of)
    if words:
        matching = await directory.contacts.with_words(owner, book_id, words)
        found = [contact for contact in matching if place_of(contact) > after][: count + 1]
    elif query.strip():
        found = []
    else:
        found = await directory.contacts.page(owner, book_id, after, count + 1)
    page = found[:count]
    return page, token_after("contacts", of, place_of(page[-1])) if len(found) > count else ""


async def get_contact(directory: Directory, owner: str, contact_id: str) -> Contact:
    """Raises `NotFound`."""
    found = await directory.contacts.find(owner, contact_id)
    if found is None:
        raise NotFound(NO_CONTACT)
    return found


async def create_contact(directory: Directory, owner: str, book_id: str, details: Details, vcard: bytes) -> Contact:
    """By its details or as a vCard, which then is kept as given. Raises as `put_card`."""
    if vcard and details != Details():
        raise InvalidInput("A contact comes by its details or as a vCard", fields={VCARD: "besides other fields"})
    if not vcard:
        vcard = card_writing.written(f"urn:uuid:{uuid.uuid4()}", card_writing.checked(details))
    kept = await put_card(directory, owner, book_id, f"{new_id()}.vcf", vcard)
    return kept.contact


async def update_contact(
    directory: Directory,
    owner: str,
    contact_id: str,
    details: Details,
    vcard: bytes,
    fields: Collection[str],
    etag: str,
) -> Contact:
    """Change the details named, or the whole vCard; with an etag, only if that is still the present one.

    Raises as `put_card`: `PreconditionFailed` also when it changed while it was being edited.
    """
    unknown = sorted(set(fields) - {*DETAILS, VCARD})
    if unknown or not fields or (VCARD in fields and len(set(fields)) > 1):
        wrong = ", ".join(unknown) or "empty, or vcard besides others"
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": wrong})
    found = await get_contact(directory, owner, contact_id)
    if VCARD not in fields:
        card = read_card(found.vcard)
        before = card_writing.details_of(card)
        whole = Details(**{name: getattr(details if name in fields else before, name) for name in DETAILS})
        vcard = card_writing.edited(card, card_writing.checked(whole), fields)
    precondition = Precondition(if_match=(etag or found.etag,))
    return (await put_card(directory, owner, found.book_id, found.name, vcard, precondition)).contact


async def delete_contact(directory: Directory, owner: str, contact_id: str, etag: str) -> None:
    """Raises `NotFound`, `PreconditionFailed`."""
    found = await get_contact(directory, owner, contact_id)
    await delete_card(directory, owner, found.book_id, found.name, Precondition(if_match=(etag,) if etag else ()))


async def get_address_book(directory: Directory, owner: str, book_id: str) -> AddressBook:
    """Raises `NotFound`."""
    return await directory.address_books.get(owner, book_id)
