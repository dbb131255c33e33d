"""With whom mailboxes are shared: written in the mailbox itself, found by whom it is shared with."""

from collections.abc import Collection, Sequence
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, with_facts
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.sharing import Acl
from services.mail.store.cursors import every
from services.mail.store.ids import key
from services.mail.store.mailboxes import mailbox, shared_fields


class Grants:
    """Fields `acl` and `shared_with` of `mailboxes`, and of `owners` what an account does not subscribe to."""

    indexes = (Index("mailboxes", (("shared_with", 1),), sparse=True),)

    def __init__(self, database: Any) -> None:
        self._mailboxes = database["mailboxes"]
        self._owners = database["owners"]

    async def put(self, box: Mailbox, acl: Acl, facts: Sequence[Fact], *, session: Any) -> None:
        """In the transaction that advanced the mailbox, so that two who share it at once both have their way. Who left
        it out of their lists finds it there when it is shared with them again."""
        fields = shared_fields(acl)
        change = {"$set": fields} if fields else {"$unset": {"acl": "", "shared_with": ""}}
        which = {"_id": key(box.owner, box.id)}
        await self._mailboxes.update_one(which, with_facts(change, *facts), session=session)
        await self.forget_lists(box, {who for who, _ in box.acl}.difference(who for who, _ in acl), session=session)

    async def shared_with(self, account_id: str) -> list[Mailbox]:
        """Mailboxes of whomever in which an account has rights."""
        found = await every(self._mailboxes.find({"shared_with": account_id}))
        return [mailbox(document) for document in found if not document.get("deleted")]

    async def unsubscribed(self, account_id: str) -> set[str]:
        """Ids, with their owners', of others' mailboxes that an account does not want in its lists."""
        found = await self._owners.find_one({"_id": account_id}, {"unsubscribed": 1})
        return set((found or {}).get("unsubscribed", ()))

    async def forget(self, account_id: str) -> None:
        """What an account that is no more did not subscribe to."""
        await self._owners.update_one({"_id": account_id}, {"$unset": {"unsubscribed": ""}})

    async def forget_lists(self, box: Mailbox, accounts: Collection[str], *, session: Any) -> None:
        """A mailbox that these accounts see no more is none that they left out."""
        if accounts:
            change = {"$pull": {"unsubscribed": key(box.owner, box.id)}}
            await self._owners.update_many({"_id": {"$in": sorted(accounts)}}, change, session=session)

    async def subscribe(self, account_id: str, box: Mailbox, *, subscribed: bool) -> None:
        change = {"unsubscribed": key(box.owner, box.id)}
        update = {"$pull": change} if subscribed else {"$addToSet": change, "$setOnInsert": {"uid_validity": 0}}
        await self._owners.update_one({"_id": account_id}, update, upsert=not subscribed)
