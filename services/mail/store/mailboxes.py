"""Mailboxes and their counters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Index
from chassis.errors import NotFound
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.quota import Usage
from services.mail.domain.sharing import Acl
from services.mail.store.cursors import every
from services.mail.store.errors import Taken, duplicates_are
from services.mail.store.ids import LIVING, key, outside
from services.mail.store.usages import Bounds, Usages


def mailbox(document: Mapping[str, Any]) -> Mailbox:
    use = document.get("special_use")
    return Mailbox(
        id=outside(document["_id"]),
        owner=document["owner"],
        name=document["name"],
        uid_validity=document["uid_validity"],
        uid_next=document["uid_next"],
        modseq=document["modseq"],
        special_use=SpecialUse(use) if use else None,
        subscribed=document["subscribed"],
        messages=document["messages"],
        unseen=document["unseen"],
        size=document["size"],
        horizon=document.get("horizon", 0),
        handed=document.get("handed", False),
        acl=tuple((who, letters) for who, letters in document.get("acl", ())),
    )


def _document(box: Mailbox) -> dict[str, Any]:
    document = {
        "_id": key(box.owner, box.id),
        "owner": box.owner,
        "name": box.name,
        "uid_validity": box.uid_validity,
        "uid_next": box.uid_next,
        "modseq": box.modseq,
        "subscribed": box.subscribed,
        "messages": box.messages,
        "unseen": box.unseen,
        "size": box.size,
    }
    return document | ({"special_use": box.special_use.value} if box.special_use else {}) | shared_fields(box.acl)


def shared_fields(acl: Acl) -> dict[str, Any]:
    """Who may do what, and by whom the mailbox is found: an array that one index serves."""
    if not acl:
        return {}
    return {"acl": [list(entry) for entry in acl], "shared_with": [who for who, _ in acl]}


class Mailboxes:
    """Collection `mailboxes`, and `owners` with the last UIDVALIDITY that each owner was given."""

    indexes = (
        Index("mailboxes", (("owner", 1), ("name", 1)), unique=True),
        outbox_index("mailboxes"),
    )

    def __init__(self, database: Any, usages: Usages) -> None:
        self._usages = usages
        self._mailboxes = database["mailboxes"]
        self._owners = database["owners"]

    async def of(self, owner: str, *, session: Any = None) -> list[Mailbox]:
        """Every mailbox of an account."""
        found = await every(self._mailboxes.find({"owner": owner, "name": LIVING}, session=session))
        return [mailbox(document) for document in found]

    async def named(self, owner: str, name: str, *, session: Any = None) -> Mailbox | None:
        found = await self._mailboxes.find_one({"owner": owner, "name": name}, session=session)
        return mailbox(found) if found else None

    async def get(self, owner: str, mailbox_id: str, *, session: Any = None) -> Mailbox:
        """Raises `NotFound`."""
        found = await self._mailboxes.find_one({"_id": key(owner, mailbox_id), "name": LIVING}, session=session)
        if found is None:
            raise NotFound("No such mailbox")
        return mailbox(found)

    async def modseqs(self, mailboxes: Sequence[tuple[str, str]]) -> dict[str, int]:
        """By mailbox id."""
        wanted = [key(owner, mailbox_id) for owner, mailbox_id in mailboxes]
        found = await every(self._mailboxes.find({"_id": {"$in": wanted}, "name": LIVING}, {"modseq": 1}))
        return {outside(document["_id"]): document["modseq"] for document in found}

    async def next_validities(self, owner: str, count: int, now: datetime, *, session: Any) -> range:
        """UIDVALIDITY values (RFC 3501 §2.3.1.1) that grow even when a name is used again within a second."""
        found = await self._owners.find_one({"_id": owner}, session=session)
        first = max(int(now.timestamp()), found["uid_validity"] + 1 if found else 1)
        await self._owners.update_one(
            {"_id": owner}, {"$set": {"uid_validity": first + count - 1}}, upsert=True, session=session
        )
        return range(first, first + count)

    async def insert(self, mailboxes: Iterable[tuple[Mailbox, Sequence[Fact]]], *, session: Any) -> None:
        """New mailboxes with their facts. Raises `Taken` when there is one of that name."""
        documents = [document_with_facts(_document(box), *facts) for box, facts in mailboxes]
        with duplicates_are(Taken):
            await self._mailboxes.insert_many(documents, session=session)

    async def advance(
        self,
        owner: str,
        mailbox_id: str,
        *,
        uids: int = 0,
        modseqs: int = 1,
        messages: int = 0,
        unseen: int = 0,
        size: int = 0,
        bounds: Bounds | None = None,
        within: bool = False,
        session: Any,
    ) -> Mailbox:
        """Give out `modseqs` and `uids`, and change the counts; returns the state after. Raises `NotFound`.

        What the account keeps grows with it, unless messages only go from one place to another `within` the account.
        Raises `OverQuota` for more than the `bounds` allow.

        The first write of a transaction: whoever else allocates in the same mailbox conflicts at once and tries again,
        so that a higher number is never seen before a lower one.
        """
        which = {"_id": key(owner, mailbox_id), "name": LIVING}
        box = await self._advance(which, _growth(uids, modseqs, messages, unseen, size), session)
        if not within:
            await self._usages.count(owner, Usage(size, messages), bounds, session=session)
        return box

    async def advance_named(
        self,
        owner: str,
        name: str,
        *,
        uids: int,
        modseqs: int,
        messages: int,
        unseen: int,
        size: int,
        bounds: Bounds | None = None,
        session: Any,
    ) -> Mailbox:
        """The same by name, without asking for the id first."""
        which = {"owner": owner, "name": name}
        box = await self._advance(which, _growth(uids, modseqs, messages, unseen, size), session)
        await self._usages.count(owner, Usage(size, messages), bounds, session=session)
        return box

    async def _advance(self, which: dict[str, Any], growth: dict[str, int], session: Any) -> Mailbox:
        updated = await self._mailboxes.update_one(which, {"$inc": growth}, session=session)
        if not updated.matched_count:
            raise NotFound("No such mailbox")
        return mailbox(await self._mailboxes.find_one(which, session=session))

    async def rename(self, owner: str, mailbox_id: str, name: str, facts: Sequence[Fact], *, session: Any) -> None:
        """Raises `Taken` when there is one of that name."""
        change = with_facts({"$set": {"name": name}}, *facts)
        with duplicates_are(Taken):
            await self._mailboxes.update_one({"_id": key(owner, mailbox_id)}, change, session=session)

    async def bury(self, owner: str, mailbox_id: str, facts: Sequence[Fact], *, session: Any) -> None:
        """Make it a tombstone that goes when its facts are published. The account keeps no more what was in it."""
        box = await self.get(owner, mailbox_id, session=session)
        await self._mailboxes.update_one(
            {"_id": key(owner, mailbox_id)},
            with_facts({"$set": {"name": f"\x00{mailbox_id}", "deleted": True}}, *facts),
            session=session,
        )
        await self._usages.count(owner, Usage(-box.size, -box.messages), session=session)

    async def correct(self, box: Mailbox, messages: int, unseen: int, size: int) -> bool:
        """Put its counts right, unless anything happened in it since it was as `box` says."""
        counts = {"messages": messages, "unseen": unseen, "size": size}
        as_seen = {"_id": key(box.owner, box.id), "modseq": box.modseq, "name": LIVING}
        return bool((await self._mailboxes.update_one(as_seen, {"$set": counts})).matched_count)

    async def subscribe(self, owner: str, mailbox_id: str, subscribed: bool) -> None:
        """Raises `NotFound`."""
        updated = await self._mailboxes.update_one(
            {"_id": key(owner, mailbox_id), "name": LIVING}, {"$set": {"subscribed": subscribed}}
        )
        if not updated.matched_count:
            raise NotFound("No such mailbox")

    async def hand(self, owner: str, *, handed: bool) -> None:
        """Mark every mailbox of an account as one that somebody succeeds to, or take the mark away."""
        change = {"$set": {"handed": True}} if handed else {"$unset": {"handed": ""}}
        await self._mailboxes.update_many({"owner": owner, "name": LIVING}, change)

    async def forget_until(self, owner: str, mailbox_id: str, modseq: int) -> None:
        """Expunges up to this modseq are about to be forgotten."""
        await self._mailboxes.update_one({"_id": key(owner, mailbox_id)}, {"$max": {"horizon": modseq}})


def _growth(uids: int, modseqs: int, messages: int, unseen: int, size: int) -> dict[str, int]:
    growth = {"modseq": modseqs, "uid_next": uids, "messages": messages, "unseen": unseen, "size": size}
    return {field: amount for field, amount in growth.items() if amount}
