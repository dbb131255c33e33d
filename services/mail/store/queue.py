"""Collection `queue`: what waits to leave, claimed by whoever relays it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Index
from chassis.events import outbox_index, with_facts
from chassis.ids import new_id
from services.mail.domain.authentication.found import Found
from services.mail.domain.dsn import NO_WISH, NO_WISHES, Wish, Wishes
from services.mail.domain.queue import (
    HELD_UNTIL,
    MAX_RECIPIENTS,
    Entry,
    Fate,
    Held,
    Outcome,
    Waiting,
    domain_of,
    moment,
)
from services.mail.store.cursors import every
from services.mail.store.found import found_document, found_in
from services.mail.store.ids import key, outside

# How long a document whose recipients are all done with stays, for its facts to be published.
KEPT_SECONDS = 7 * 24 * 3600


class Queue:
    """Entries of all owners. `due` is there until nothing is left to be done."""

    indexes = (
        Index("queue", (("due", 1),), sparse=True),
        Index("queue", (("blob", 1),)),
        outbox_index("queue"),
        Index("queue", (("done", 1),), expire_seconds=KEPT_SECONDS),
    )

    def __init__(self, database: Any, now: Callable[[], datetime]) -> None:
        self._queue = database["queue"]
        self._now = now

    async def enqueue(
        self,
        *,
        submission_id: str,
        owner: str,
        sender: str,
        recipients: Sequence[str],
        blob: str,
        size: int,
        session: Any,
        wishes: Wishes = NO_WISHES,
        utf8: bool = False,
        passed: bool = False,
        found: Found | None = None,
    ) -> None:
        """Keep a message for its recipients elsewhere, an entry per domain, in the transaction of `session`."""
        domains: dict[str, list[str]] = defaultdict(list)
        for address in recipients:
            domains[domain_of(address)].append(address)
        now = moment(self._now())
        documents = [
            {
                "_id": key(owner, new_id()),
                "owner": owner,
                "submission": submission_id,
                "sender": sender,
                "domain": domain,
                "recipients": [
                    recipient_document(Waiting(address, wish=wishes.of(address)))
                    for address in addresses[start : start + MAX_RECIPIENTS]
                ],
                "blob": blob,
                "size": size,
                "accepted_at": now,
                "due": now,
                "attempts": 0,
                "delay_told": False,
                "ret": wishes.ret,
                "envid": wishes.envid,
                "utf8": utf8,
                "passed": passed,
                **found_document(found),
            }
            for domain, addresses in domains.items()
            for start in range(0, len(addresses), MAX_RECIPIENTS)
        ]
        await self._queue.insert_many(documents, session=session)

    async def due(
        self, now: datetime, limit: int, *, but_domains: Sequence[str] = (), but_owners: Sequence[str] = ()
    ) -> list[Entry]:
        """Entries whose time has come, nobody's yet, but for those of some destinations and owners."""
        query: dict[str, Any] = {"due": {"$lte": now}}
        if but_domains:
            query["domain"] = {"$nin": list(but_domains)}
        if but_owners:
            query["owner"] = {"$nin": list(but_owners)}
        found = self._queue.find(query).hint([("due", 1)]).limit(limit)
        return [entry_of(document) for document in await every(found)]

    async def claim(self, entry: Entry, until: datetime) -> bool:
        """Take an entry, or keep it, until a time; false when somebody else did."""
        result = await self._queue.update_one(_as_claimed(entry), {"$set": {"due": until, "claimed": True}})
        return bool(result.modified_count)

    async def record(self, claimed: Entry, after: Entry, facts: Sequence[Any] = ()) -> bool:
        """Write what became of a claimed entry; false when the claim was lost meanwhile.

        Without recipients left it is done: gone at once, or when its facts were published.
        """
        if not after.recipients and not facts:
            result = await self._queue.delete_one({**_as_claimed(claimed), "pending": {"$exists": False}})
            if result.deleted_count:
                return True
        changes: dict[str, Any] = {
            "recipients": [recipient_document(waiting) for waiting in after.recipients],
            "attempts": after.attempts,
            "tried_at": after.tried_at,
            "delay_told": after.delay_told,
            "urgent": after.urgent,
        }
        update: dict[str, Any] = {"$set": {**changes, "due": after.due}}
        if after.due != claimed.due:
            update["$unset"] = {"claimed": ""}
        if not after.recipients:
            update = {"$set": {**changes, "done": self._now()}, "$unset": {"due": "", "claimed": ""}}
        result = await self._queue.update_one(_as_claimed(claimed), with_facts(update, *facts))
        return bool(result.matched_count)

    async def oldest(self) -> datetime | None:
        """When the entry that waits longest was accepted; what operators hold does not count."""
        found = await every(self._queue.find({"due": {"$lt": HELD_UNTIL}}, {"accepted_at": 1}))
        return min((document["accepted_at"] for document in found), default=None)

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that a waiting entry names."""
        query = {"blob": {"$in": list(addresses)}}
        found = await every(self._queue.find(query, {"_id": 0, "blob": 1, "due": 1}))
        return {document["blob"] for document in found if "due" in document}


def _as_claimed(entry: Entry) -> dict[str, Any]:
    return {"_id": key(entry.owner, entry.id), "due": entry.due}


def entry_of(document: Mapping[str, Any]) -> Entry:
    held = document.get("held")
    return Entry(
        id=outside(document["_id"]),
        owner=document["owner"],
        submission_id=document["submission"],
        sender=document["sender"],
        domain=document["domain"],
        recipients=tuple(_waiting(recipient) for recipient in document["recipients"]),
        blob=document["blob"],
        size=document["size"],
        accepted_at=document["accepted_at"],
        due=document["due"],
        attempts=document["attempts"],
        tried_at=document.get("tried_at"),
        delay_told=document["delay_told"],
        ret=document.get("ret", ""),
        envid=document.get("envid", ""),
        utf8=document.get("utf8", False),
        urgent=document.get("urgent", False),
        held=Held(held["at"], held["by"]) if held else None,
        passed=document.get("passed", False),
        found=found_in(document),
    )


def _waiting(recipient: dict[str, Any]) -> Waiting:
    wish = Wish(tuple(recipient.get("notify", ())), recipient.get("orcpt", ""))
    if "fate" not in recipient:
        return Waiting(recipient["address"], wish=wish)
    last = Outcome(Fate(recipient["fate"]), recipient["status"], recipient["diagnostic"], recipient["host"])
    return Waiting(recipient["address"], last, wish)


def recipient_document(waiting: Waiting) -> dict[str, Any]:
    kept: dict[str, Any] = {"address": waiting.address}
    if waiting.wish != NO_WISH:
        kept |= {"notify": list(waiting.wish.notify), "orcpt": waiting.wish.orcpt}
    if waiting.last is None:
        return kept
    last = waiting.last
    return {
        **kept,
        "fate": last.fate.value,
        "status": last.status,
        "diagnostic": last.diagnostic,
        "host": last.host,
    }
