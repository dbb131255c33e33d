"""What changed in an address book since a cursor (RFC 6578)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.directory.store.contacts import Row
from services.directory.usecases.context import Directory

AT_ONCE = 5_000


@dataclass(frozen=True)
class CardChanges:
    """`sync_token` stands for the state after these changes; `more` says that it is not yet the present one."""

    changed: Sequence[Row]
    removed: Sequence[str]
    sync_token: str
    more: bool


async def list_card_changes(directory: Directory, owner: str, book_id: str, token: str, limit: int) -> CardChanges:
    """In the order in which they happened, at most `limit` where it is not 0.

    Raises `NotFound`, `PreconditionFailed` for a token that is not known any more.
    """
    # The book is read first: what changes from now on has a higher modseq, and is left to the next question.
    book = await directory.address_books.get(owner, book_id)
    since = book.since(token)
    changed = [row for row in await directory.contacts.changed(owner, book_id, since) if row.modseq <= book.modseq]
    removed = await directory.contacts.removed(owner, book_id, since) if token else []
    each: list[tuple[int, Row | str]] = [(row.modseq, row) for row in changed]
    each += [(gone.modseq, gone.name) for gone in removed if gone.modseq <= book.modseq]
    each.sort(key=lambda change: change[0])
    most = min(limit or AT_ONCE, AT_ONCE)
    now = each[:most]
    until = now[-1][0] if len(each) > most else book.modseq
    return CardChanges(
        changed=[change for _, change in now if isinstance(change, Row)],
        removed=[change for _, change in now if isinstance(change, str)],
        sync_token=replace(book, modseq=until).sync_token,
        more=len(each) > most,
    )
