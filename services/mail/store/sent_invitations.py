"""What calendar had us send: by which it is known of whom a letter that comes back was the invitation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.documents import Index
from services.mail.store.ids import under
from services.mail.store.repeats import mark


@dataclass(frozen=True, slots=True)
class SentInvitation:
    """`request` is the id of what calendar asked, `uid` of what the letter is about."""

    request: str
    uid: str
    recipients: tuple[str, ...]


class SentInvitations:
    """Collection `sent_invitations`: one document for each letter of an account, by the name that it bears outside
    (`domain/invitation.py::name_of`); gone after `until`."""

    indexes = (Index("sent_invitations", (("until", 1),), expire_seconds=0),)

    def __init__(self, database: Any) -> None:
        self._sent = database["sent_invitations"]

    async def insert(self, owner: str, name: str, sent: SentInvitation, until: datetime, *, session: Any) -> None:
        """In the transaction that accepts the letter."""
        told = {"request": sent.request, "uid": sent.uid, "recipients": list(sent.recipients), "until": until}
        await self._sent.update_one({"_id": mark(owner, name)}, {"$set": told}, upsert=True, session=session)

    async def find(self, owner: str, name: str) -> SentInvitation | None:
        found = await self._sent.find_one({"_id": mark(owner, name)})
        return SentInvitation(found["request"], found["uid"], tuple(found["recipients"])) if found else None

    async def remove_all(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._sent.delete_many({"_id": under(owner)})
