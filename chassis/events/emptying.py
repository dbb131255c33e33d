"""Taking out of outboxes what was published, for many documents by one write.

Each statement costs the database a commit, and the embedded one some milliseconds more: a document each was most of
what publishing came to.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pymongo import DeleteMany, DeleteOne, UpdateMany, UpdateOne

Emptying: TypeAlias = UpdateOne | UpdateMany | DeleteOne | DeleteMany

# Of one write: the embedded database compares each document with half of the ids.
TOGETHER = 40


def emptyings(documents: Sequence[Mapping[str, Any]]) -> list[Emptying]:
    """Writes that empty each outbox if it is still what was read; a document that was `deleted` goes with its facts.

    Entries come at the end of an outbox, only leave once published, and have ids of their own: one that is as long as
    it was and ends with any of the entries that were read holds nothing that was not.
    """
    alike: dict[tuple[bool, int | None], list[Mapping[str, Any]]] = {}
    for document in documents:
        length = len(document["outbox"]) if "outbox" in document else None
        alike.setdefault((document.get("deleted") is True, length), []).append(document)
    return [_emptying(some, deleted, length) for (deleted, length), each in alike.items() for some in _parts(each)]


def pulls(documents: Sequence[Mapping[str, Any]]) -> list[UpdateMany]:
    """Writes that take what was read out of outboxes which have more by now."""
    return [
        UpdateMany(
            {"_id": {"$in": [each["_id"] for each in some]}, "outbox.id": {"$in": ids}},
            {"$pull": {"outbox": {"id": {"$in": ids}}}},
        )
        for some in _parts(documents)
        if (ids := [entry["id"] for each in some for entry in each.get("outbox", ())])
    ]


def _emptying(documents: Sequence[Mapping[str, Any]], deleted: bool, length: int | None) -> Emptying:
    unchanged: dict[str, Any] = {"_id": {"$in": [each["_id"] for each in documents]}}
    if length is None:
        unchanged["outbox"] = {"$exists": False}
    else:
        unchanged["outbox"] = {"$size": length}
    if length:
        unchanged[f"outbox.{length - 1}.id"] = {"$in": [each["outbox"][-1]["id"] for each in documents]}
    # What is for one document alone the database does in one pass, and drivers try again by themselves.
    alone = len(documents) == 1
    if deleted:
        return DeleteOne(unchanged) if alone else DeleteMany(unchanged)
    update = {"$unset": {"outbox": "", "pending": ""}}
    return UpdateOne(unchanged, update) if alone else UpdateMany(unchanged, update)


def _parts(documents: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(documents), TOGETHER):
        yield documents[start : start + TOGETHER]
