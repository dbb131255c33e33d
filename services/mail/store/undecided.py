"""Pages of letters that wait for somebody's decision, whichever collection they wait in."""

from collections.abc import Sequence
from typing import Any

from services.mail.store.cursors import Document, pieces


async def undecided(
    collection: Any, field: str, values: Sequence[str], *, but: str, after: str, count: int
) -> list[Document]:
    """Up to `count` whose `field` has one of the values, in the order of their letters' ids, which follow `after`;
    `but` what one account is an author of. Needs an index of `field` and `letter`."""
    found: dict[str, Document] = {}
    for value in values:
        found |= {each["letter"]: each for each in await _of(collection, field, value, but, after, count)}
    return [found[letter_id] for letter_id in sorted(found)[:count]]


async def _of(collection: Any, field: str, value: str, but: str, after: str, count: int) -> list[Document]:
    found: list[Document] = []
    following = collection.find({field: value, "letter": {"$gt": after}}).sort("letter", 1)
    # Asked for `$ne`, the embedded database would read the whole collection.
    async for some in pieces(following, count):
        found += [each for each in some if but not in each["authors"]]
        if len(found) >= count:
            break
    return found
