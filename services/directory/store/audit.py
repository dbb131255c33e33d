"""The audit log as documents: records that are only ever added, the signed head they follow, and its checkpoints.

Records and head are written in one transaction: whoever appends has read the head that it replaces, so that the chain
has no forks however many append.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from chassis.chain import ORIGIN, Checkpoint, Link, canonical, linked
from chassis.documents import Database, transaction
from chassis.errors import Conflict
from chassis.events import document_with_facts
from services.directory.domain.audit import Record, as_fields, looked_for, of_fields

HEAD = "head"
PIECE = 500
# Signs how far the log has come: (sequence, hash, time).
Sign = Callable[[int, str, datetime], Checkpoint]


@dataclass(frozen=True)
class Entry:
    """A record at its place in the chain; `sound`: what it is found by is what it says."""

    link: Link
    record: Record
    sound: bool = True


class AuditStore:
    """The collections `audit`, `audit_heads` and `audit_checkpoints`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._audit = database["audit"]
        self._heads = database["audit_heads"]
        self._checkpoints = database["audit_checkpoints"]

    async def append(self, records: Sequence[Record], now: datetime, sign: Sign) -> int:
        """Add records in their order, each once however often it is told; how many are new."""
        each = {record.id: record for record in records}

        async def write(session: Any) -> int:
            head = await self._heads.find_one({"_id": HEAD}, session=session)
            known = self._audit.find({"_id": {"$in": list(each)}}, {"_id": 1}, session=session)
            there = {document["_id"] async for document in known}
            fresh = [record for key, record in each.items() if key not in there]
            if not fresh:
                return 0
            kept_at = max(now, head["kept_at"]) if head else now
            documents = _linked(fresh, kept_at, head["sequence"] if head else 0, head["hash"] if head else ORIGIN)
            await self._audit.insert_many(documents, session=session)
            await self._advance(head, sign(documents[-1]["seq"], documents[-1]["hash"], kept_at), kept_at, session)
            return len(fresh)

        return await transaction(self._database, write)

    async def _advance(self, head: Mapping[str, Any] | None, to: Checkpoint, kept_at: datetime, session: Any) -> None:
        document = {**asdict(to), "kept_at": kept_at}
        if head is None:
            await self._heads.insert_one({"_id": HEAD, **document}, session=session)
            return
        answer = await self._heads.update_one(
            {"_id": HEAD, "sequence": head["sequence"]}, {"$set": document}, session=session
        )
        if not answer.matched_count:
            raise Conflict

    async def head(self) -> Checkpoint | None:
        """How far the log has come; None while it is empty."""
        found = await self._heads.find_one({"_id": HEAD})
        return _checkpoint(found) if found else None

    async def newest(self, by: Mapping[str, str], floor: int, below: int, count: int) -> tuple[list[Entry], int]:
        """Up to `count` records from `floor` on and below `below`, newest first; and below what to go on.

        By windows that widen while little is found: the embedded database reads whatever a sort with a limit leaves.
        """
        found: list[Entry] = []
        width = count
        while below > floor and len(found) < count:
            low = max(floor, below - width)
            cursor = self._audit.find({**by, "seq": {"$gte": low, "$lt": below}}).sort("seq", -1)
            found += [_entry(document) async for document in cursor.limit(count - len(found))]
            below = found[-1].link.sequence if len(found) >= count else low
            width *= 4
        return found, below

    async def between(self, after: int, last: int) -> AsyncIterator[list[Entry]]:
        """Records after one place up to another, oldest first, in pieces; empty where there is nothing."""
        for low in range(after, last, PIECE):
            cursor = self._audit.find({"seq": {"$gt": low, "$lte": min(low + PIECE, last)}}).sort("seq", 1)
            yield [_entry(document) async for document in cursor]

    async def beyond(self, sequence: int) -> int:
        """The highest place that a record has after `sequence`; 0 when there is none."""
        found = [each["seq"] async for each in self._audit.find({"seq": {"$gt": sequence}}, {"seq": 1}).limit(PIECE)]
        return max(found, default=0)

    async def first_kept_at(self, time: datetime) -> int:
        """The place of the first record that was kept at or after a time; after the last one when there is none."""
        head = await self.head()
        low, high = 1, (head.sequence if head else 0) + 1
        while low < high:
            middle = (low + high) // 2
            found = await self._audit.find_one({"seq": middle}, {"kept_at": 1})
            if found is not None and found["kept_at"] < time:
                low = middle + 1
            else:
                high = middle
        return low

    async def checkpoint(self, seen: Checkpoint, facts: Sequence[dict[str, Any]]) -> bool:
        """Keep a checkpoint for good; False when it has been kept before."""
        if await self._checkpoints.find_one({"_id": seen.sequence}, {"_id": 1}):
            return False
        document = document_with_facts({"_id": seen.sequence, **asdict(seen)}, *facts)
        answer = await self._checkpoints.update_one(
            {"_id": seen.sequence}, {"$setOnInsert": {key: value for key, value in document.items() if key != "_id"}},
            upsert=True,
        )  # fmt: skip
        return answer.upserted_id is not None

    async def checkpoints(self, after: int, last: int | None = None) -> list[Checkpoint]:
        """Checkpoints after one place, up to another or to the end."""
        within = {"$gt": after} if last is None else {"$gt": after, "$lte": last}
        return [_checkpoint(each) async for each in self._checkpoints.find({"_id": within}).sort("_id", 1)]


def _linked(records: Sequence[Record], kept_at: datetime, sequence: int, previous: str) -> list[dict[str, Any]]:
    documents = []
    for record in records:
        sequence += 1
        link = linked(sequence, previous, canonical(as_fields(record, kept_at)))
        previous = link.hash
        documents.append(_document(link, record, kept_at))
    return documents


def _document(link: Link, record: Record, kept_at: datetime) -> dict[str, Any]:
    return {
        "_id": record.id,
        "seq": link.sequence,
        "previous": link.previous,
        "digest": link.digest,
        "hash": link.hash,
        "body": link.body,
        "kept_at": kept_at,
        **_found_by(record),
    }


def _found_by(record: Record) -> dict[str, Any]:
    actor = [record.actor_id, looked_for(record.actor)]
    target = [record.target_id, looked_for(record.target)]
    return {
        "act": record.act,
        "actors": [each for each in dict.fromkeys(actor) if each],
        "targets": [each for each in dict.fromkeys(target) if each],
        "units": list(record.unit_path),
    }


def _entry(document: Mapping[str, Any]) -> Entry:
    link = Link(*(document.get(name) for name in ("seq", "previous", "digest", "hash", "body")))  # type: ignore[arg-type]
    try:
        record = of_fields(json.loads(document["body"]))
        kept = as_fields(record, document["kept_at"])
        sound = (
            canonical(kept) == document["body"]
            and document["_id"] == record.id
            and all(document.get(name) == value for name, value in _found_by(record).items())
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # Whoever wrote this was not the platform; it is shown as what it is, and verifying names it.
        return Entry(link, Record(str(document["_id"]), _EPOCH, "", "unreadable", "unreadable"), sound=False)
    return Entry(link, record, sound)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _checkpoint(document: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(*(document[name] for name in ("sequence", "hash", "at", "key_id", "signature")))
