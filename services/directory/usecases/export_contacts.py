"""An address book as one file of vCards, octet for octet."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chassis.errors import Conflict
from services.directory.domain.contacts import AddressBook
from services.directory.store.contacts import Row
from services.directory.usecases.context import Directory

AT_ONCE = 50


@dataclass(frozen=True)
class Export:
    """What the file will hold."""

    book: AddressBook
    rows: list[Row]

    @property
    def octets(self) -> int:
        # Each card ends with a line end of its own; where it has none, one is put behind it.
        return sum(row.octets + len(_END) for row in self.rows)


_END = b"\r\n"


async def begin_export(directory: Directory, owner: str, book_id: str) -> Export:
    """Raises `NotFound`."""
    book = await directory.address_books.get(owner, book_id)
    return Export(book, await directory.contacts.rows(owner, book_id))


async def exported(directory: Directory, export: Export, offset: int, length: int | None) -> AsyncIterator[bytes]:
    """The file from `offset`. Raises `Conflict` when a contact changed meanwhile: the file would be cut wrongly."""
    at, end = 0, export.octets if length is None else min(export.octets, offset + length)
    for start in range(0, len(export.rows), AT_ONCE):
        rows = export.rows[start : start + AT_ONCE]
        octets = sum(row.octets + len(_END) for row in rows)
        if at + octets > offset and at < end:
            owner, book_id = export.book.owner, export.book.id
            found = {c.name: c async for c in directory.contacts.cards(owner, book_id, [row.name for row in rows])}
            if any(row.name not in found or found[row.name].etag != row.etag for row in rows):
                raise Conflict("The address book changed while it was being read")
            whole = b"".join(found[row.name].vcard + _END for row in rows)
            yield whole[max(0, offset - at) : end - at]
        at += octets
