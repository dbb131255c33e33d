"""Forget deletions that every client in use has heard of long ago."""

from collections import defaultdict
from datetime import timedelta

from services.directory.usecases.context import Directory

# A client that comes back later than that compares all names.
KEPT = timedelta(days=180)


async def forget_card_deletions(directory: Directory) -> int:
    """How many went. Each book first says from where on it knows."""
    count = 0
    while old := await directory.contacts.removed_before(directory.clock() - KEPT):
        newest: dict[tuple[str, str], int] = defaultdict(int)
        for gone in old:
            newest[gone.owner, gone.book_id] = max(newest[gone.owner, gone.book_id], gone.modseq)
        for (owner, book_id), modseq in newest.items():
            await directory.address_books.forget_until(owner, book_id, modseq)
        await directory.contacts.forget(old)
        count += len(old)
    return count
