"""Messages that were accepted and wait for their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.documents import Index
from services.mail.store.cursors import Document, every
from services.mail.store.ids import key
from services.mail.store.submissions import Accepted, accepted_of, document_of


@dataclass(frozen=True)
class Held:
    """`due` is when somebody looks at it next; `bcc` the field that only the sender keeps; `repeat` the mark by which a
    repeat of it is known."""

    accepted: Accepted
    release_at: datetime
    due: datetime
    subject: str
    size: int
    bcc: bytes
    repeat: str

    @property
    def id(self) -> str:
        return self.accepted.id

    @property
    def owner(self) -> str:
        return self.accepted.owner

    @property
    def sent_size(self) -> int:
        """Octets of what is sent: without what only the sender keeps."""
        return self.size - len(self.bcc)


class HeldMessages:
    """Collection `held`: a document is there until its message leaves or is taken back, which one transaction does."""

    indexes = (
        Index("held", (("owner", 1),)),
        Index("held", (("due", 1),)),
        Index("held", (("blob", 1),)),
    )

    def __init__(self, database: Any) -> None:
        self._held = database["held"]

    async def insert(self, held: Held, *, session: Any) -> None:
        await self._held.insert_one(held_document(held), session=session)

    async def of(self, owner: str) -> list[Held]:
        """An account's, the next to leave first."""
        found = await every(self._held.find({"owner": owner}))
        return sorted(map(held_of, found), key=lambda each: (each.release_at, each.id))

    async def one(self, owner: str, message_id: str) -> Held | None:
        found = await self._held.find_one({"_id": key(owner, message_id)})
        return held_of(found) if found is not None else None

    async def due(self, now: datetime, limit: int) -> list[Held]:
        return list(map(held_of, await self._held.find({"due": {"$lte": now}}).to_list(limit)))

    async def put_off(self, held: Held, until: datetime) -> None:
        """Look at it again later, unless somebody else did something about it."""
        await self._held.update_one({"_id": key(held.owner, held.id), "due": held.due}, {"$set": {"due": until}})

    async def reschedule(self, owner: str, message_id: str, at: datetime) -> bool:
        result = await self._held.update_one({"_id": key(owner, message_id)}, {"$set": {"release_at": at, "due": at}})
        return bool(result.matched_count)

    async def take(self, held: Held, *, session: Any) -> bool:
        """Take it out, as the one who does something about it; false when it was given another time, or is gone."""
        found = {"_id": key(held.owner, held.id), "release_at": held.release_at}
        return bool((await self._held.delete_one(found, session=session)).deleted_count)

    async def remove_all(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._held.delete_many({"owner": owner})

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        found = await every(self._held.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}


def held_document(held: Held) -> Document:
    return {
        **document_of(held.accepted),
        "release_at": held.release_at,
        "due": held.due,
        "subject": held.subject,
        "size": held.size,
        "bcc": held.bcc,
        "repeat": held.repeat,
    }


def held_of(document: Document) -> Held:
    return Held(
        accepted_of(document),
        document["release_at"],
        document["due"],
        document["subject"],
        document["size"],
        bytes(document["bcc"]),
        document["repeat"],
    )
