"""Letters to distribution lists, until each member's copy is accepted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Index
from services.mail.domain.authentication.found import Found
from services.mail.store.cursors import Document, every
from services.mail.store.found import found_document, found_in
from services.mail.store.ids import key, outside
from services.mail.store.leases import claim_due

_FIRST = 20


@dataclass(frozen=True, slots=True)
class ListLetter:
    """`trace` is what stands above it, as it came; members whose ids follow `cursor` are still to get it. `found` is
    what was found of it where it came from outside."""

    id: str
    list_id: str
    blob: str
    trace: bytes
    at: datetime
    due: datetime
    cursor: str = ""
    found: Found | None = None

    def at_cursor(self, cursor: str) -> "ListLetter":
        return replace(self, cursor=cursor)


class ListLetters:
    """Collection `list_letters`: a document is there until the last page of members was accepted."""

    indexes = (Index("list_letters", (("due", 1),)), Index("list_letters", (("blob", 1),)))

    def __init__(self, database: Any) -> None:
        self._letters = database["list_letters"]

    async def insert(self, letter: ListLetter, *, session: Any) -> None:
        await self._letters.insert_one(letter_document(letter), session=session)

    async def claim_due(self, now: datetime, lease: timedelta) -> list[ListLetter]:
        """Some of those that are due, each for whoever claims it first; they are due again after the lease."""
        return [letter_of(found) for found in await claim_due(self._letters, now, lease, _FIRST)]

    async def advance(self, letter: ListLetter, cursor: str | None, *, session: Any) -> bool:
        """Members up to `cursor` (None: all) have theirs; False when somebody else was there first."""
        as_seen = {"_id": key(letter.list_id, letter.id), "cursor": letter.cursor}
        if cursor is None:
            return bool((await self._letters.delete_one(as_seen, session=session)).deleted_count)
        answer = await self._letters.update_one(as_seen, {"$set": {"cursor": cursor}}, session=session)
        return bool(answer.modified_count)

    async def yield_turn(self, letter: ListLetter, due: datetime) -> None:
        """It is due before the lease ends: there is more to do."""
        as_claimed = {"_id": key(letter.list_id, letter.id), "due": letter.due}
        await self._letters.update_one(as_claimed, {"$set": {"due": due}})

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        found = await every(self._letters.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}


def letter_document(letter: ListLetter) -> dict[str, Any]:
    return {
        "_id": key(letter.list_id, letter.id),
        "list": letter.list_id,
        "blob": letter.blob,
        "trace": letter.trace,
        "at": letter.at,
        "due": letter.due,
        "cursor": letter.cursor,
        **found_document(letter.found),
    }


def letter_of(document: Document) -> ListLetter:
    return ListLetter(
        id=outside(document["_id"]),
        list_id=document["list"],
        blob=document["blob"],
        trace=document["trace"],
        at=document["at"],
        due=document["due"],
        cursor=document.get("cursor", ""),
        found=found_in(document),
    )
