"""What stands in some buckets of some holders (calendars, or owners): one question, however many they are.

Of one holder, `$in` finds it. Of many, the embedded database would compare each object that it found with the values of
all of them; so the holders come with the question, each with its few values, and objects are joined to them by the same
index. MongoDB (6.0 and later) does both by its index.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from chassis.documents import Database
from services.calendar.store.encoding import FOUND_BY, READ, slots_of

HOLDERS_AT_ONCE = 200
# As many as a message of the database's holds: what is one question has one answer.
_TOGETHER = 10_000
# What a window needs: not by what it is found.
_WITHOUT = {"content": 0, **dict.fromkeys(FOUND_BY, 0)}


async def standing(
    database: Database,
    field: str,
    holders: Sequence[str],
    buckets: Sequence[str],
    *,
    content: bool = False,
    most: int = 0,
    session: Any = None,
) -> AsyncIterator[Mapping[str, Any]]:
    """Objects by one of their lists of slots: `slots`, of calendars, or `busy`, of owners; at most `most` of each where
    it is not 0."""
    if len(holders) == 1:
        which = {field: {"$in": slots_of(holders, buckets)}}
        found = database["objects"].find(which, None if content else _WITHOUT, session=session).limit(most)
        async for document in found.batch_size(_TOGETHER):
            yield document
        return
    for start in range(0, len(holders), HOLDERS_AT_ONCE):
        some = holders[start : start + HOLDERS_AT_ONCE]
        pipeline = _joining(field, some, buckets, content, most)
        joined = database.aggregate(pipeline, session=session, batchSize=_TOGETHER)
        # PyMongo's is a coroutine, motor's is not.
        async for document in await joined if hasattr(joined, "__await__") else joined:
            yield document["found"]


def _joining(
    field: str, holders: Sequence[str], buckets: Sequence[str], content: bool, most: int
) -> list[dict[str, Any]]:
    """What is wanted is named, which costs the embedded database half of what leaving the rest out does."""
    wanted = (*READ, "content", *FOUND_BY) if content else READ
    shape = [{"$replaceWith": {name: f"${name}" for name in wanted}}]
    joined = {
        "from": "objects",
        "localField": "wanted",
        "foreignField": field,
        "pipeline": [{"$limit": most}, *shape] if most else shape,
        "as": "found",
    }
    return [
        {"$documents": [{"wanted": {"$literal": slots_of([holder], buckets)}} for holder in holders]},
        {"$lookup": joined},
        {"$unwind": "$found"},
    ]
