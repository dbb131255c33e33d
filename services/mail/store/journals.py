"""Journals, and the letters that wait to be reported to them, as documents."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Index
from chassis.errors import NotFound
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from chassis.ids import new_id
from services.mail.domain.journal import GATHERED, Direction, Journal, Journaled, Subject, Waiting
from services.mail.store.burying import bury
from services.mail.store.cursors import Document, every

AT_ONCE = 200
# Entries of one report: a list may have a whole administration as its members.
MOST_TOGETHER = 5000


class Journals:
    """Collection `journals`: one document a journal, `open` until it ends; gone when that was told."""

    indexes: tuple[Index, ...] = (Index("journals", (("open", 1),), sparse=True), outbox_index("journals"))

    def __init__(self, database: Any) -> None:
        self._journals = database["journals"]

    async def insert(self, journal: Journal, facts: Sequence[Fact]) -> None:
        document = {
            "_id": journal.id,
            "subject": journal.subject.value,
            "subject_id": journal.subject_id,
            "name": journal.name,
            "unit_path": list(journal.unit_path),
            "to": list(journal.to),
            "told": journal.told,
            "opened_by": journal.opened_by,
            "opened_at": journal.opened_at,
            "open": True,
        }
        await self._journals.insert_one(document_with_facts(document, *facts))

    async def open(self) -> list[Journal]:
        """The eldest first."""
        found = await every(self._journals.find({"open": True}))
        return [_journal(each) for each in sorted(found, key=lambda each: each["_id"])]

    async def end(self, journal_id: str, facts: Sequence[Fact]) -> None:
        """Raises `NotFound` for one that has ended."""
        change = with_facts({"$set": {"deleted": True}, "$unset": {"open": ""}}, *facts)
        if not (await self._journals.update_one({"_id": journal_id, "deleted": {"$ne": True}}, change)).matched_count:
            raise NotFound("No such journal")

    async def forget_account(self, account_id: str) -> None:
        """Those about an account that is no more."""
        for each in await self.open():
            if (each.subject, each.subject_id) == (Subject.ACCOUNT, account_id):
                await bury(self._journals, each.id, ("open",))


class JournalEntries:
    """Collection `journal_entries`: a letter of one account that is to be reported to one address. `letter` is what
    entries of one report have in common, `report` that report, once somebody writes it."""

    indexes = (
        Index("journal_entries", (("due", 1),)),
        Index("journal_entries", (("letter", 1), ("report", 1))),
        Index("journal_entries", (("report", 1), ("_id", 1)), sparse=True),
        Index("journal_entries", (("blob", 1),)),
    )

    def __init__(self, database: Any) -> None:
        self._entries = database["journal_entries"]

    async def insert(self, entries: Sequence[Journaled], *, session: Any) -> None:
        """In the transaction that takes in or accepts the letter."""
        if entries:
            await self._entries.insert_many([_document(each) for each in entries], session=session)

    async def due(self, now: datetime) -> list[tuple[str, str]]:
        """Letters of which something is to be reported: each with the report that somebody began, or none."""
        found = await self._entries.find({"due": {"$lte": now}}, {"letter": 1, "report": 1}).to_list(AT_ONCE)
        return list(dict.fromkeys((each["letter"], each.get("report", "")) for each in found))

    async def claim(self, letter: str, report: str, seal: str, until: datetime) -> None:
        """What waits of a letter is one report's, which is due again at a time if nobody has written it by then. What
        is too much for one stays due, for the next."""
        free = {"letter": letter, "report": None}
        found = await self._entries.find(free, {"_id": 1}).to_list(MOST_TOGETHER)
        change = {"$set": {"report": report, "seal": seal, "due": until}}
        await self._entries.update_many({"_id": {"$in": [each["_id"] for each in found]}, **free}, change)

    async def claim_again(self, report: str, until: datetime) -> None:
        await self._entries.update_many({"report": report}, {"$set": {"due": until}})

    async def of_report(self, report: str) -> Waiting | None:
        """None for one that was written."""
        found = await every(self._entries.find({"report": report}).sort("_id", 1))
        return Waiting(report, found[0]["seal"], tuple(map(_journaled, found))) if found else None

    async def remove(self, report: str, *, session: Any = None) -> int:
        """What was reported; how many entries that was."""
        return int((await self._entries.delete_many({"report": report}, session=session)).deleted_count)

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that an entry names."""
        found = await every(self._entries.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}


def _document(entry: Journaled) -> Document:
    letter = hashlib.sha256("\0".join((entry.blob, entry.to, entry.sender)).encode("utf-8", "surrogatepass"))
    return {
        "_id": new_id(),
        "letter": letter.hexdigest(),
        "to": entry.to,
        "blob": entry.blob,
        "direction": entry.direction.value,
        "sender": entry.sender,
        "recipients": list(entry.recipients),
        "expanded": entry.expanded,
        "prefix": entry.prefix,
        "at": entry.at,
        "due": entry.at + GATHERED,
    }


def _journaled(document: Document) -> Journaled:
    return Journaled(
        to=document["to"],
        blob=document["blob"],
        direction=Direction(document["direction"]),
        sender=document["sender"],
        recipients=tuple(document["recipients"]),
        at=document["at"],
        prefix=document["prefix"],
        expanded=document["expanded"],
    )


def _journal(document: Document) -> Journal:
    return Journal(
        document["_id"],
        Subject(document["subject"]),
        document["subject_id"],
        document["name"],
        tuple(document["unit_path"]),
        tuple(document["to"]),
        document["told"],
        document["opened_by"],
        document["opened_at"],
    )
