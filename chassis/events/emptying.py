"""Taking out of outboxes what was published, for many documents by one write.

Each statement costs the database a commit, and the embedded one some milliseconds more: a document each was most of
what publishing came to.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pymongo import DeleteMany, UpdateMany

# Of one write: the embedded database compares each document with half of the ids.
TOGETHER = 40


def emptyings(documents: Sequence[Mapping[str, Any]]) -> list[UpdateMany | DeleteMany]:
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


def _emptying(documents: Sequence[Mapping[str, Any]], deleted: bool, length: int | None) -> UpdateMany | DeleteMany:
    unchanged: dict[str, Any] = {"_id": {"$in": [each["_id"] for each in documents]}}
    if length is None:
        unchanged["outbox"] = {"$exists": False}
    else:
        unchanged["outbox"] = {"$size": length}
    if length:
        unchanged[f"outbox.{length - 1}.id"] = {"$in": [each["outbox"][-1]["id"] for each in documents]}
    if deleted:
        return DeleteMany(unchanged)
    return UpdateMany(unchanged, {"$unset": {"outbox": "", "pending": ""}})


def _parts(documents: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(documents), TOGETHER):
        yield documents[start : start + TOGETHER]
