"""Who has the mailboxes of those who left, and how far they have been given."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Index
from chassis.events.projections import apply_version
from chassis.ids import new_id
from services.mail.domain.handover import Given, Handover
from services.mail.store.cursors import every
from services.mail.store.ids import key, under
from services.mail.store.leases import claim_due

AT_ONCE = 100


class Handovers:
    """Collections `handovers`, one document an account that was left, `due` while there is something to do; and
    `given`, one for each of its mailboxes and each successor that it had."""

    indexes = (Index("handovers", (("due", 1),), sparse=True),)

    def __init__(self, database: Any) -> None:
        self._handovers = database["handovers"]
        self._given = database["given"]

    async def name(
        self, account_id: str, successor_id: str, version: int, now: datetime, *, session: Any = None
    ) -> bool:
        """Keep who succeeds; False when as much, or something newer, is known."""
        fields = {"successor": successor_id, "asked": new_id(), "due": now}
        return await apply_version(self._handovers, account_id, version, fields, session=session)

    async def version(self, account_id: str) -> int:
        """Of what is known of who succeeds an account; 0 for nothing."""
        found = await self._handovers.find_one({"_id": account_id}, {"version": 1})
        return found["version"] if found is not None else 0

    async def successors(self, account_ids: Sequence[str]) -> dict[str, str]:
        """Who succeeds those of some accounts that somebody does."""
        found = await every(self._handovers.find({"_id": {"$in": list(account_ids)}}, {"successor": 1}))
        return {each["_id"]: each["successor"] for each in found if each["successor"]}

    async def ask(self, account_id: str, now: datetime, *, session: Any) -> None:
        """Something came for an account; nothing happens unless somebody succeeds it."""
        await self._handovers.update_one(
            {"_id": account_id, "successor": {"$gt": ""}},
            {"$set": {"asked": new_id(), "due": now}},
            session=session,
        )

    async def claim_due(self, now: datetime, lease: timedelta) -> list[Handover]:
        """Those with something to do, each for whoever claims it first; they are due again after the lease."""
        return [_handover(found) for found in await claim_due(self._handovers, now, lease, AT_ONCE, ("asked",))]

    async def in_force(self, handover: Handover, *, session: Any) -> bool:
        """Whether nothing newer was heard."""
        found = await self._handovers.find_one({"_id": handover.account_id}, {"version": 1}, session=session)
        return found is not None and found["version"] == handover.version

    async def settled(self, handover: Handover) -> None:
        """All is done that was asked for, unless more was meanwhile."""
        await self._handovers.update_one(_as_asked(handover), {"$unset": {"due": ""}})

    async def unfinished(self, handover: Handover, due: datetime) -> None:
        """It goes on then, after the others that are due; sooner if something is asked meanwhile."""
        await self._handovers.update_one(_as_asked(handover), {"$set": {"due": due}})

    async def given(self, handover: Handover) -> dict[str, Given]:
        """How far each mailbox has been given to this successor, by its id."""
        found = await every(self._given.find({"_id": under(handover.account_id, handover.successor_id)}))
        return {document["mailbox"]: Given(document["to"], document["upto"]) for document in found}

    async def give(self, handover: Handover, mailbox_id: str, given: Given, *, session: Any) -> None:
        """Keep how far a mailbox has been given; it never goes back."""
        await self._given.update_one(
            {"_id": key(handover.account_id, handover.successor_id, mailbox_id)},
            {
                "$set": {"owner": handover.account_id, "mailbox": mailbox_id, "to": given.to},
                "$max": {"upto": given.upto},
            },
            upsert=True,
            session=session,
        )

    async def forget(self, account_id: str) -> None:
        """Of an account that is no more."""
        await self._handovers.delete_one({"_id": account_id})
        await self._given.delete_many({"_id": under(account_id)})


def _as_asked(handover: Handover) -> dict[str, Any]:
    return {"_id": handover.account_id, "asked": handover.asked}


def _handover(document: Mapping[str, Any]) -> Handover:
    return Handover(document["_id"], document["successor"], document["version"], document["asked"])
