"""Letters to distribution lists: until each member's copy is accepted, and for some days who of them missed it."""

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
# Members that are kept of those who missed a letter; of more it is known that they are more.
MOST_MISSED = 1000


@dataclass(frozen=True, slots=True)
class ListLetter:
    """`trace` is what stands above it, as it came; members whose ids follow `cursor` are still to get it. `author` is
    the account that sent it, empty when it came from outside, `sender` its envelope's, `proven` whether that is known
    to be who it is; `found` is what was found of it where it came from outside."""

    id: str
    list_id: str
    blob: str
    trace: bytes
    at: datetime
    due: datetime
    cursor: str = ""
    author: str = ""
    sender: str = ""
    subject: str = ""
    proven: bool = False
    found: Found | None = None

    def at_cursor(self, cursor: str) -> "ListLetter":
        return replace(self, cursor=cursor)

    @property
    def from_outside(self) -> bool:
        return not self.author


@dataclass(frozen=True, slots=True)
class Told:
    """A letter that members `missed`, by account, `at` the moment that its sender is to be told. `sender` is empty of
    whoever is not told by that."""

    list_id: str
    letter_id: str
    at: datetime
    author: str
    sender: str
    subject: str
    missed: frozenset[str]


class ListLetters:
    """Collection `list_letters`: a document is `due` until the last page of members was accepted, and is there
    `until` no page of them can be given up any more. `tell` is when its sender is told of those who missed it."""

    indexes = (
        Index("list_letters", (("due", 1),)),
        Index("list_letters", (("blob", 1),)),
        Index("list_letters", (("tell", 1),), sparse=True),
        Index("list_letters", (("author", 1),)),
        Index("list_letters", (("until", 1),), expire_seconds=0),
    )

    def __init__(self, database: Any) -> None:
        self._letters = database["list_letters"]

    async def insert(self, letter: ListLetter, *, session: Any) -> None:
        await self._letters.insert_one(letter_document(letter), session=session)

    async def claim_due(self, now: datetime, lease: timedelta) -> list[ListLetter]:
        """Some of those that are due, each for whoever claims it first; they are due again after the lease."""
        return [letter_of(found) for found in await claim_due(self._letters, now, lease, _FIRST)]

    async def advance(self, letter: ListLetter, cursor: str, *, session: Any) -> bool:
        """Members up to `cursor` have theirs; False when somebody else was there first."""
        return await self._change(letter, {"$set": {"cursor": cursor}}, session)

    async def finish(self, letter: ListLetter, until: datetime, *, session: Any) -> bool:
        """All have theirs; False when somebody else was there first. No cursor is the one that anybody has seen."""
        change = {"$set": {"cursor": None, "until": until}, "$unset": {"due": "", "blob": "", "trace": "", "found": ""}}
        return await self._change(letter, change, session)

    async def _change(self, letter: ListLetter, change: dict[str, Any], session: Any) -> bool:
        as_seen = {"_id": key(letter.list_id, letter.id), "cursor": letter.cursor}
        return bool((await self._letters.update_one(as_seen, change, session=session)).modified_count)

    async def yield_turn(self, letter: ListLetter, due: datetime) -> None:
        """It is due before the lease ends: there is more to do."""
        as_claimed = {"_id": key(letter.list_id, letter.id), "due": letter.due}
        await self._letters.update_one(as_claimed, {"$set": {"due": due}})

    async def missed(self, list_id: str, letter_id: str, account_ids: Sequence[str], tell: datetime) -> None:
        """These members miss it, which its sender is told when `tell` comes, unless another time was said or it was
        told."""
        open_ = {"_id": key(list_id, letter_id), "closed": {"$exists": False}}
        found = await self._letters.find_one(open_, {"missed": 1})
        if found is None or len(found.get("missed", ())) > MOST_MISSED:
            return
        await self._letters.update_one({**open_, "tell": {"$exists": False}}, {"$set": {"tell": tell}})
        await self._letters.update_one(open_, {"$addToSet": {"missed": {"$each": list(account_ids)}}})

    async def to_tell(self, now: datetime, limit: int) -> list[Told]:
        """Those whose time to be told of has come."""
        return list(map(_told, await self._letters.find({"tell": {"$lte": now}}).to_list(limit)))

    async def close(self, told: Told) -> Told | None:
        """Nobody is added any more; as it is from then on. None when it was told."""
        named = {"_id": key(told.list_id, told.letter_id)}
        await self._letters.update_one(named, {"$set": {"closed": True}})
        found = await self._letters.find_one({**named, "tell": {"$exists": True}})
        return _told(found) if found is not None else None

    async def was_told(self, told: Told) -> None:
        named = {"_id": key(told.list_id, told.letter_id)}
        await self._letters.update_one(named, {"$unset": {"tell": "", "missed": ""}})

    async def of(self, author: str) -> list[ListLetter]:
        """What an account sent to lists in these days, the eldest first."""
        found = [letter_of(each) for each in await every(self._letters.find({"author": author}))]
        return sorted(found, key=lambda each: each.id)

    async def forget_author(self, author: str) -> None:
        """Of an account that is erased: its letters go on to their members, and nobody is told of them."""
        change = {"$set": {"author": "", "sender": "", "subject": "", "proven": False}}
        await self._letters.update_many({"author": author}, change)

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
        "author": letter.author,
        "sender": letter.sender,
        "subject": letter.subject,
        "proven": letter.proven,
        **found_document(letter.found),
    }


def letter_of(document: Document) -> ListLetter:
    """Of one that went to its members already there are neither octets nor what stood above them."""
    return ListLetter(
        id=outside(document["_id"]),
        list_id=document["list"],
        blob=document.get("blob", ""),
        trace=document.get("trace", b""),
        at=document["at"],
        due=document["due"] if "due" in document else document["at"],
        cursor=document.get("cursor") or "",
        author=document.get("author", ""),
        sender=document.get("sender", ""),
        subject=document.get("subject", ""),
        proven=document.get("proven", False),
        found=found_in(document),
    )


def _told(document: Document) -> Told:
    letter = letter_of(document)
    missed = frozenset(document.get("missed", ()))
    sender = letter.sender if letter.proven else ""
    return Told(letter.list_id, letter.id, document["tell"], letter.author, sender, letter.subject, missed)
