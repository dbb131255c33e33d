"""Messages that were accepted and wait for approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.documents import Index
from services.mail.domain.approval import Ground
from services.mail.store.cursors import Document, every
from services.mail.store.held import Held, held_document, held_of
from services.mail.store.ids import key
from services.mail.store.undecided import undecided


@dataclass(frozen=True)
class Awaiting:
    """`held`: the message as it will be held, once it is approved, until its time; before that its `due` is when it
    expires, or somebody looks at it again. `left` are the units whose approval is missing, `authors` the accounts that
    may not give it, `sent_by` and `unit_path` where its sender stood."""

    held: Held
    expires: datetime
    left: tuple[str, ...]
    grounds: tuple[Ground, ...]
    authors: tuple[str, ...]
    sent_by: str
    unit_path: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.held.id

    @property
    def owner(self) -> str:
        return self.held.owner


class AwaitingLetters:
    """Collection `awaiting`: a document is there until its message is decided on, which one transaction does."""

    indexes = (
        Index("awaiting", (("owner", 1),)),
        Index("awaiting", (("due", 1),)),
        Index("awaiting", (("blob", 1),)),
        # Approvers know no owner.
        Index("awaiting", (("letter", 1),)),
        Index("awaiting", (("left", 1), ("letter", 1))),
    )

    def __init__(self, database: Any) -> None:
        self._awaiting = database["awaiting"]

    async def insert(self, letter: Awaiting, *, session: Any) -> None:
        document = {
            **held_document(letter.held),
            "letter": letter.id,
            "expires": letter.expires,
            "left": list(letter.left),
            "grounds": [[each.unit_id, each.name, each.text, each.holds] for each in letter.grounds],
            "authors": list(letter.authors),
            "sent_by": letter.sent_by,
            "unit_path": list(letter.unit_path),
        }
        await self._awaiting.insert_one(document, session=session)

    async def of(self, owner: str) -> list[Awaiting]:
        """An account's, the eldest first."""
        found = map(_awaiting, await every(self._awaiting.find({"owner": owner})))
        return sorted(found, key=lambda each: each.id)

    async def one(self, owner: str, letter_id: str) -> Awaiting | None:
        found = await self._awaiting.find_one({"_id": key(owner, letter_id)})
        return _awaiting(found) if found is not None else None

    async def find(self, letter_id: str) -> Awaiting | None:
        """Whoever's it is."""
        found = await self._awaiting.find_one({"letter": letter_id})
        return _awaiting(found) if found is not None else None

    async def page(self, units: Sequence[str], but: str, after: str, count: int) -> list[Awaiting]:
        """Those that units have to approve, `but` one account's own, in the order of ids, which follow `after`."""
        found = await undecided(self._awaiting, "left", units, but=but, after=after, count=count)
        return list(map(_awaiting, found))

    async def waits_for(self, unit_id: str) -> bool:
        """Whether a letter does."""
        return await self._awaiting.find_one({"left": unit_id}, {"_id": 1}) is not None

    async def due(self, now: datetime, limit: int) -> list[Awaiting]:
        return list(map(_awaiting, await self._awaiting.find({"due": {"$lte": now}}).to_list(limit)))

    async def put_off(self, letter: Awaiting, until: datetime) -> None:
        """Look at it again later."""
        await self._awaiting.update_one({"_id": key(letter.owner, letter.id)}, {"$set": {"due": until}})

    async def approve(self, letter: Awaiting, left: Sequence[str], *, session: Any) -> bool:
        """Only these units are missing now; false when somebody else decided meanwhile."""
        changed = await self._awaiting.update_one(_seen(letter), {"$set": {"left": list(left)}}, session=session)
        return bool(changed.modified_count)

    async def take(self, letter: Awaiting, *, session: Any) -> bool:
        """Take it out, as the one who decides; false when somebody else did."""
        return bool((await self._awaiting.delete_one(_seen(letter), session=session)).deleted_count)

    async def remove_all(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._awaiting.delete_many({"owner": owner})

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        found = await every(self._awaiting.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}


def _seen(letter: Awaiting) -> Document:
    return {"_id": key(letter.owner, letter.id), "left": list(letter.left)}


def _awaiting(document: Document) -> Awaiting:
    return Awaiting(
        held_of(document),
        document["expires"],
        tuple(document["left"]),
        tuple(Ground(*each) for each in document["grounds"]),
        tuple(document["authors"]),
        document["sent_by"],
        tuple(document["unit_path"]),
    )
