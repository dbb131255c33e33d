"""What units were given, and accounts want, of receipts, as documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, outbox_index, with_facts
from services.mail.domain.allotment import Holder
from services.mail.domain.receipt_policy import Given, Manner
from services.mail.store.cursors import Document, every
from services.mail.store.ids import holder_key

NOTHING = Given()


class ReceiptPolicies:
    """Collection `receipt_policies`: one document for each unit that was ever given something, and each account that
    ever wanted something."""

    indexes: tuple[Index, ...] = (outbox_index("receipt_policies"),)

    def __init__(self, database: Any) -> None:
        self._policies = database["receipt_policies"]

    async def among(self, holders: Sequence[tuple[Holder, str]]) -> list[Given]:
        """What each of these was given, or wants."""
        keys = [holder_key(*holder) for holder in holders]
        found = {each["_id"]: _given(each) for each in await every(self._policies.find({"_id": {"$in": keys}}))}
        return [found.get(key, NOTHING) for key in keys]

    async def put(
        self, holder: Holder, holder_id: str, given: Mapping[str, Manner | None], facts: Sequence[Fact] = ()
    ) -> None:
        """Each field of `Given` that is named instead of whatever it was before."""
        fields = {name: _name(manner) for name, manner in given.items()}
        await self._policies.update_one(
            {"_id": holder_key(holder, holder_id)}, with_facts({"$set": fields}, *facts), upsert=True
        )

    async def forget(self, account_id: str) -> None:
        """Of an account that is erased."""
        await self._policies.delete_one({"_id": holder_key(Holder.ACCOUNT, account_id)})


def _name(manner: Manner | None) -> str:
    return manner.name.lower() if manner is not None else ""


def _given(document: Document) -> Given:
    names = (document.get("inside", ""), document.get("outside", ""))
    return Given(*(Manner[name.upper()] if name else None for name in names))
