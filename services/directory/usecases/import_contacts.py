"""Take a file of vCards into an address book, and say what became of each card."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from chassis.errors import Conflict, InvalidInput, PreconditionFailed, TooLarge, WorkspaceError
from chassis.ids import new_id
from services.directory.domain import card_writing
from services.directory.domain.contacts import contact_of, uid_of
from services.directory.domain.vcards import read_card, split_cards
from services.directory.usecases.context import Directory
from services.directory.usecases.put_card import put_card

MAX_FILE = 32 * 1024 * 1024
MAX_CARDS = 10_000
CREATED, UPDATED, UNCHANGED, REFUSED = "created", "updated", "unchanged", "refused"


@dataclass(frozen=True)
class Fate:
    """What became of the card at a position, 1 for the first."""

    position: int
    display_name: str
    outcome: str
    reason: str = ""


async def import_contacts(
    directory: Directory, owner: str, book_id: str, pieces: AsyncIterator[bytes], *, validate_only: bool
) -> list[Fate]:
    """Cards one by one, each for itself: one that is refused keeps no other out, and a file that was taken in part
    can be sent again whole. Raises `NotFound`, `TooLarge`, `InvalidInput` for a file without any card."""
    await directory.address_books.get(owner, book_id)
    gathered = bytearray()
    async for piece in pieces:
        gathered += piece
        if len(gathered) > MAX_FILE:
            raise TooLarge(f"A file has at most {MAX_FILE} octets")
    fates: list[Fate] = []
    for position, octets in enumerate(split_cards(bytes(gathered).removeprefix(b"\xef\xbb\xbf")), 1):
        if position > MAX_CARDS:
            raise TooLarge(f"A file has at most {MAX_CARDS} cards")
        fates.append(await _taken(directory, owner, book_id, position, octets.lstrip(b"\r\n\t "), validate_only))
        await asyncio.sleep(0)
    if not fates:
        raise InvalidInput("There is no vCard in the file", fields={"file": "empty"})
    return fates


async def _taken(
    directory: Directory, owner: str, book_id: str, position: int, octets: bytes, validate_only: bool
) -> Fate:
    name = ""
    try:
        card = read_card(octets)
        if not card.uid:
            octets = card_writing.with_uid(octets, uid_of(octets))
        given = contact_of(owner, "", book_id, "", octets, modseq=0, updated_at=directory.clock())
        name = given.details.display_name
        before = await directory.contacts.with_uid(owner, book_id, given.uid)
        if before is not None and before.etag == given.etag:
            return Fate(position, name, UNCHANGED)
        if not validate_only:
            await put_card(directory, owner, book_id, before.name if before else f"{new_id()}.vcf", octets)
        return Fate(position, name, UPDATED if before else CREATED)
    except (InvalidInput, TooLarge, PreconditionFailed, Conflict) as error:
        return Fate(position, name, REFUSED, _reason(error))


def _reason(error: WorkspaceError) -> str:
    return "; ".join([error.detail, *error.fields.values()])
