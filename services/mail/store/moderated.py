"""Letters to distribution lists that wait for a moderator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.documents import Index
from services.mail.domain.moderation import Why
from services.mail.store.cursors import Document, every
from services.mail.store.ids import key
from services.mail.store.list_letters import ListLetter, letter_document, letter_of
from services.mail.store.undecided import undecided


@dataclass(frozen=True, slots=True)
class Waiting:
    """`letter`: as its list will have it once it is accepted. `address` is the list's, as it was then; `due` when it is
    looked at, to ask moderators of it or, when it `expires`, to end it; `authors` the accounts that may not decide on
    it."""

    letter: ListLetter
    address: str
    due: datetime
    expires: datetime
    authors: tuple[str, ...]
    size: int
    why: Why = Why.SENDER

    @property
    def id(self) -> str:
        return self.letter.id

    @property
    def list_id(self) -> str:
        return self.letter.list_id


class ModeratedLetters:
    """Collection `moderated`: a document is there until its letter is decided on, which one transaction does."""

    indexes = (
        Index("moderated", (("author", 1),)),
        Index("moderated", (("due", 1),)),
        Index("moderated", (("blob", 1),)),
        # Who asks for one letter does not say of which list.
        Index("moderated", (("letter", 1),)),
        Index("moderated", (("list", 1), ("letter", 1))),
    )

    def __init__(self, database: Any) -> None:
        self._moderated = database["moderated"]

    async def insert(self, waiting: Waiting, *, session: Any) -> None:
        document = {
            **letter_document(waiting.letter),
            "letter": waiting.id,
            "address": waiting.address,
            "due": waiting.due,
            "expires": waiting.expires,
            "authors": list(waiting.authors),
            "size": waiting.size,
            "why": waiting.why.value,
        }
        await self._moderated.insert_one(document, session=session)

    async def find(self, letter_id: str) -> Waiting | None:
        """Whichever list's it is."""
        found = await self._moderated.find_one({"letter": letter_id})
        return _waiting(found) if found is not None else None

    async def of(self, author: str) -> list[Waiting]:
        """What an account sent, the eldest first."""
        found = map(_waiting, await every(self._moderated.find({"author": author})))
        return sorted(found, key=lambda each: each.id)

    async def page(self, lists: Sequence[str], but: str, after: str, count: int) -> list[Waiting]:
        """Those to some lists, `but` one account's own, in the order of ids, which follow `after`."""
        found = await undecided(self._moderated, "list", lists, but=but, after=after, count=count)
        return list(map(_waiting, found))

    async def waits_for(self, list_id: str) -> bool:
        """Whether a letter to the list does."""
        return await self._moderated.find_one({"list": list_id}, {"_id": 1}) is not None

    async def due(self, now: datetime, limit: int) -> list[Waiting]:
        """Those to look at."""
        return list(map(_waiting, await self._moderated.find({"due": {"$lte": now}}).to_list(limit)))

    async def put_off(self, waiting: Waiting, until: datetime, *, session: Any = None) -> bool:
        """Look at it again later; false when somebody else did, or decided."""
        as_seen = {"_id": key(waiting.list_id, waiting.id), "due": waiting.due}
        answer = await self._moderated.update_one(as_seen, {"$set": {"due": until}}, session=session)
        return bool(answer.modified_count)

    async def take(self, waiting: Waiting, *, session: Any) -> bool:
        """Take it out, as the one who decides; false when somebody else did."""
        named = {"_id": key(waiting.list_id, waiting.id)}
        return bool((await self._moderated.delete_one(named, session=session)).deleted_count)

    async def remove_all(self, author: str) -> None:
        """Of an account that is erased."""
        await self._moderated.delete_many({"author": author})

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        found = await every(self._moderated.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}


def _waiting(document: Document) -> Waiting:
    # Here `due` is when somebody looks at it, while its list has it at once.
    letter = replace(letter_of(document), due=document["at"])
    return Waiting(
        letter,
        document.get("address", ""),
        document["due"],
        document["expires"],
        tuple(document["authors"]),
        document["size"],
        Why(document.get("why", Why.SENDER)),
    )
