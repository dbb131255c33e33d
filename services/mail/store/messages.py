"""Messages."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

from pymongo import UpdateOne

from chassis.documents import Index
from chassis.errors import NotFound
from chassis.events import Fact, document_with_facts, outbox_index
from services.mail.domain.flags import SEEN, Flags
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Arrival, FetchRow, FlagRow, Message, Particulars, Placed, Source
from services.mail.domain.uids import Range, UidSet, merged
from services.mail.store.cursors import Document, every, pieces
from services.mail.store.encoding import (
    FLAGS,
    FOLDED,
    LISTED,
    OPENED,
    PARTICULARS,
    READ,
    ROW,
    WORDS,
    email_id,
    fetch_row,
    message,
    message_document,
    particulars,
    source,
    thread_id,
    words,
)
from services.mail.store.ids import key, outside

# Ranges that stand closer than this are read together, and what lies between is left aside; UIDs that stand alone are
# asked for by themselves, one of which costs the embedded database what 16 in a row do.
GAP, ALONE = 16, 4
BATCH = 500
_CHANGING = {"uid": 1, "flags": 1, "modseq": 1}
_SAVED = {"_id": 0, "uid": 1, "saved_at": 1, "internal_date": 1}
_EXTENT = {"uid": 1, "flags": 1, "size": 1, "outbox": 1}


class Extent(NamedTuple):
    """What a mailbox's counters say of a message, and the facts of it that wait to be published."""

    document_id: str
    uid: int
    seen: bool
    size: int
    unpublished: list[Fact]


class Copy(NamedTuple):
    """A message that is being copied."""

    uid: int
    seen: bool
    size: int
    document: Document

    @property
    def origin(self) -> str:
        """The document id of the message that was there first: of whoever left, when this was handed over."""
        found: str = self.document.get("origin") or self.document["_id"]
        return found


class Messages:
    """Collection `messages`: one document a message."""

    indexes = (
        Index("messages", (("owner", 1), ("mailbox", 1), ("uid", 1)), unique=True),
        Index("messages", (("owner", 1), ("mailbox", 1), ("modseq", 1))),
        Index("messages", (("blob", 1),)),
        Index("messages", (("owner", 1), ("thread", 1))),
        Index("messages", (("owner", 1), ("relatives", 1))),
        outbox_index("messages"),
    )

    def __init__(self, database: Any) -> None:
        self._messages = database["messages"]

    async def insert(
        self,
        owner: str,
        messages: Iterable[tuple[Placed, Arrival, Mapping[str, Any], str, Sequence[Fact]]],
        at: datetime,
        *,
        session: Any,
    ) -> None:
        """Messages that have their places, each with what `described` says of its content, its conversation, or ""
        when it begins one by itself, and the facts of it."""
        documents = [
            document_with_facts(message_document(owner, placed, arrival, shared, thread, at), *facts)
            for placed, arrival, shared, thread, facts in messages
        ]
        await self._messages.insert_many(documents, session=session)

    async def get(self, owner: str, message_id: str) -> Message:
        """Raises `NotFound`."""
        return message(await self._one(owner, message_id, LISTED))

    async def source(self, owner: str, message_id: str) -> Source:
        """Raises `NotFound`."""
        return source(await self._one(owner, message_id, READ))

    async def opened(self, owner: str, message_id: str) -> tuple[Message, Source]:
        """Both at once. Raises `NotFound`."""
        found = await self._one(owner, message_id, OPENED)
        return message(found), source(found)

    async def _one(self, owner: str, message_id: str, projection: Mapping[str, int]) -> Document:
        found: Document | None = await self._messages.find_one({"_id": key(owner, message_id)}, projection)
        if found is None:
            raise NotFound("No such message")
        return found

    async def _within(
        self,
        owner: str,
        mailbox_id: str,
        ranges: Sequence[Range],
        projection: Mapping[str, int] | None = None,
        *,
        session: Any = None,
    ) -> AsyncIterator[Document]:
        """Documents of these UIDs, ascending. Near ranges are one query.

        It asks for nothing that is not in the index: the embedded database leaves an index aside for any other
        condition, so whatever else is wanted is sorted out by the caller.
        """
        wanted = UidSet(ranges)
        exact = len(wanted.ranges) == 1
        for asked in _asked(wanted.ranges):
            query = {"owner": owner, "mailbox": mailbox_id, "uid": asked}
            cursor = self._messages.find(query, projection, session=session).sort("uid", 1)
            async for found in pieces(cursor):
                for document in found:
                    if exact or document["uid"] in wanted:
                        yield document

    async def flags(
        self, owner: str, mailbox_id: str, ranges: Sequence[Range], *, session: Any = None
    ) -> AsyncIterator[FlagRow]:
        async for document in self._within(owner, mailbox_id, ranges, FLAGS, session=session):
            yield FlagRow(document["uid"], tuple(document["flags"]), document["modseq"])

    async def flags_changed(self, owner: str, mailbox_id: str, after: int, uid_next: int) -> list[FlagRow]:
        """Below `uid_next`, what has a higher modseq; ascending by UID."""
        query = {"owner": owner, "mailbox": mailbox_id, "modseq": {"$gt": after}}
        found = await every(self._messages.find(query, FLAGS))
        rows = (FlagRow(item["uid"], tuple(item["flags"]), item["modseq"]) for item in found)
        return sorted(row for row in rows if row.uid < uid_next)

    async def rows(self, owner: str, mailbox_id: str, first: int, last: int) -> list[FetchRow]:
        return [fetch_row(document) async for document in self._within(owner, mailbox_id, [(first, last)], ROW)]

    async def page(
        self, owner: str, mailbox_id: str, first: int, last: int
    ) -> tuple[list[FetchRow], dict[str, list[bytes]]]:
        """The rows of these UIDs, and beside them what a search looks for a text in, by field."""
        found = [document async for document in self._within(owner, mailbox_id, [(first, last)], FOLDED)]
        looked = [words(document) for document in found]
        return [fetch_row(document) for document in found], {name: [each[name] for each in looked] for name in WORDS}

    async def particulars(self, owner: str, mailbox_id: str, ranges: Sequence[Range]) -> AsyncIterator[Particulars]:
        async for document in self._within(owner, mailbox_id, ranges, PARTICULARS):
            yield particulars(document)

    async def listed(self, owner: str, mailbox_id: str, first: int, last: int) -> list[Message]:
        return [message(document) async for document in self._within(owner, mailbox_id, [(first, last)], LISTED)]

    async def sources(self, owner: str, mailbox_id: str, ranges: Sequence[Range]) -> AsyncIterator[Source]:
        async for document in self._within(owner, mailbox_id, ranges, READ):
            yield source(document)

    async def messages(self, owner: str, mailbox_id: str, ranges: Sequence[Range]) -> AsyncIterator[Message]:
        """What people look at, ascending."""
        async for document in self._within(owner, mailbox_id, ranges, LISTED):
            yield message(document)

    async def searched(
        self, owner: str, mailbox_id: str, ranges: Sequence[Range], *, whole: bool
    ) -> AsyncIterator[tuple[FlagRow | Message, str, bytes | None]]:
        """What searches look at, ascending: messages, `whole` or what changes of them, with their ids and their terms,
        if they are kept already."""
        projection = (LISTED if whole else _CHANGING) | {"terms": 1}
        async for document in self._within(owner, mailbox_id, ranges, projection):
            row = message(document) if whole else FlagRow(document["uid"], tuple(document["flags"]), document["modseq"])
            yield row, outside(document["_id"]), document.get("terms")

    async def extents(
        self, owner: str, mailbox_id: str, ranges: Sequence[Range], *, flag: str | None = None, session: Any
    ) -> list[Extent]:
        """Of the messages of these UIDs that have the flag, if one is named."""
        found = self._within(owner, mailbox_id, ranges, _EXTENT, session=session)
        return [
            Extent(item["_id"], item["uid"], SEEN in item["flags"], item["size"], item.get("outbox") or [])
            async for item in found
            if flag is None or flag in item["flags"]
        ]

    async def counted(
        self, owner: str, mailbox_id: str, uid_next: int, *, flag: str | None = None
    ) -> tuple[int, int, int]:
        """How many messages there are, how many of them unseen, and their octets: what a mailbox's counters say; of
        those that have the flag, if one is named."""
        messages = unseen = size = 0
        shown = {"_id": 0, "uid": 1, "flags": 1, "size": 1}
        async for found in self._within(owner, mailbox_id, [(1, uid_next - 1)] if uid_next > 1 else [], shown):
            if flag is not None and flag not in found["flags"]:
                continue
            messages, unseen, size = messages + 1, unseen + (SEEN not in found["flags"]), size + found["size"]
        return messages, unseen, size

    async def copies(self, owner: str, mailbox_id: str, ranges: Sequence[Range], *, session: Any) -> list[Copy]:
        """The messages of these UIDs, to be copied."""
        found = self._within(owner, mailbox_id, ranges, {"outbox": 0, "pending": 0}, session=session)
        return [Copy(item["uid"], SEEN in item["flags"], item["size"], item) async for item in found]

    async def insert_given(
        self,
        box: Mailbox,
        given: Sequence[tuple[Copy, str]],
        uids: Iterable[int],
        facts: Sequence[Fact],
        at: datetime,
        *,
        session: Any,
    ) -> None:
        """Copies of another account's messages in `box`, each with the id that it is to have and where it is from."""
        documents = _placed(box, given, uids, at)
        for document, (copy, _) in zip(documents, given, strict=True):
            document["origin"] = copy.origin
        await self._insert_copies(documents, facts, session)

    async def insert_carried(
        self,
        box: Mailbox,
        carried: Sequence[tuple[Copy, str]],
        uids: Iterable[int],
        facts: Sequence[Fact],
        at: datetime,
        *,
        session: Any,
    ) -> None:
        """Messages of this or another account, each with the id that it is to have in `box`."""
        documents = _placed(box, carried, uids, at)
        for document, (copy, _) in zip(documents, carried, strict=True):
            document["email"] = email_id(copy.document)
            document.pop("origin", None)
        await self._insert_copies(documents, facts, session)

    async def _insert_copies(self, documents: list[Document], facts: Sequence[Fact], session: Any) -> None:
        documents[0] = document_with_facts(documents[0], *facts)
        for start in range(0, len(documents), BATCH):
            await self._messages.insert_many(documents[start : start + BATCH], session=session)

    async def some_in(self, owner: str, mailbox_id: str, most: int, *, session: Any) -> list[Copy]:
        """Up to `most` messages of a mailbox, in no order."""
        query = {"owner": owner, "mailbox": mailbox_id}
        cursor = self._messages.find(query, {"outbox": 0, "pending": 0}, session=session).limit(most)
        return [Copy(item["uid"], SEEN in item["flags"], item["size"], item) for item in await every(cursor)]

    async def saved_before(self, owner: str, mailbox_id: str, moment: datetime, most: int) -> list[int]:
        """The first UIDs of a mailbox that came into it before a moment: UIDs grow with the time at which they came. A
        mailbox in which there is none is asked for one message only."""
        query, uids = {"owner": owner, "mailbox": mailbox_id}, list[int]()
        for count in (1, most):
            found = await every(self._messages.find(query, _SAVED).sort("uid", 1).limit(count))
            # Those from before it was kept when they came have the date that they came with.
            old = takewhile(lambda each: (each.get("saved_at") or each["internal_date"]) < moment, found)
            uids = [each["uid"] for each in old]
            if not uids:
                break
        return uids

    async def present(self, owner: str, message_ids: Sequence[str], *, session: Any) -> set[str]:
        """Which of the messages the account has, in whatever mailbox."""
        wanted = [key(owner, message_id) for message_id in message_ids]
        found = await every(self._messages.find({"_id": {"$in": wanted}}, {"_id": 1}, session=session))
        return {outside(document["_id"]) for document in found}

    async def thread_by(self, owner: str, relative: int, *, session: Any) -> str:
        """The conversation of a message that is known as `relative`; empty when there is none."""
        query = {"owner": owner, "relatives": relative}
        found = await self._messages.find_one(query, {"thread": 1}, session=session)
        return thread_id(found) if found else ""

    async def of_thread(self, owner: str, thread: str, most: int) -> list[Message]:
        """Up to `most` messages of a conversation, in whatever mailboxes, in no order."""
        cursor = self._messages.find({"owner": owner, "thread": thread}, LISTED).limit(most)
        if found := await every(cursor):
            return [message(document) for document in found]
        # One that came before conversations were known is one by itself.
        alone = await self._messages.find_one({"_id": key(owner, thread)}, LISTED)
        return [message(alone)] if alone and "thread" not in alone else []

    async def of_threads(self, owner: str, threads: Sequence[str], most: int) -> list[Message]:
        """Up to `most` messages of some conversations, in no order; none of those from before they were known."""
        query = {"owner": owner, "thread": {"$in": list(threads)}}
        return [message(document) for document in await every(self._messages.find(query, LISTED).limit(most))]

    async def some(self, owner: str, message_ids: Sequence[str]) -> list[Message]:
        """Those of some messages that are there, in whatever mailboxes."""
        wanted = [key(owner, message_id) for message_id in message_ids]
        found = await every(self._messages.find({"_id": {"$in": wanted}}, LISTED))
        return [message(document) for document in found]

    async def set_flags(
        self, owner: str, mailbox_id: str, uids: Sequence[int], flags: Flags, modseq: int, *, session: Any
    ) -> None:
        change = {"$set": {"flags": list(flags), "modseq": modseq}}
        for some in _batches(uids):
            await self._messages.update_many(
                {"owner": owner, "mailbox": mailbox_id, "uid": {"$in": some}}, change, session=session
            )

    async def relocate(self, moved: Iterable[tuple[Extent, int]], box: Mailbox, at: datetime, *, session: Any) -> None:
        """Give each message its place, a UID, in another mailbox."""
        place = {"mailbox": box.id, "modseq": box.modseq, "saved_at": at}
        updates = [UpdateOne({"_id": extent.document_id}, {"$set": {**place, "uid": uid}}) for extent, uid in moved]
        for start in range(0, len(updates), BATCH):
            await self._messages.bulk_write(updates[start : start + BATCH], session=session)

    async def remove(self, owner: str, mailbox_id: str, uids: Sequence[int], *, session: Any) -> None:
        for some in _batches(uids):
            await self._messages.delete_many(
                {"owner": owner, "mailbox": mailbox_id, "uid": {"$in": some}}, session=session
            )

    async def remove_all(self, owner: str, mailbox_id: str) -> None:
        """Of a mailbox that is deleted."""
        await self._messages.delete_many({"owner": owner, "mailbox": mailbox_id})

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that a message names."""
        found = await every(self._messages.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1}))
        return {document["blob"] for document in found}

    async def note_octets(self, owner: str, message_id: str, part: str, octets: int) -> None:
        """Keep how long a part is when decoded, so that it is counted once."""
        change = {"$set": {f"decoded.{_field(part)}": octets}}
        await self._messages.update_one({"_id": key(owner, message_id)}, change)

    async def note_usual(self, owner: str, fields: Mapping[str, bytes]) -> None:
        """Keep the usual header fields of messages that have none yet, by their ids."""
        changes = [
            UpdateOne({"_id": key(owner, message_id)}, {"$set": {"usual": kept}}) for message_id, kept in fields.items()
        ]
        await self._messages.bulk_write(changes, ordered=False)

    async def octets(self, owner: str, message_id: str, part: str) -> int | None:
        """What `note_octets` kept."""
        found = await self._messages.find_one({"_id": key(owner, message_id)}, {"decoded": 1})
        kept: int | None = ((found or {}).get("decoded") or {}).get(_field(part))
        return kept


def _placed(box: Mailbox, copies: Sequence[tuple[Copy, str]], uids: Iterable[int], at: datetime) -> list[Document]:
    """Documents of messages that come into `box`, each with the id that it is to have there."""
    place = {"owner": box.owner, "mailbox": box.id, "modseq": box.modseq, "saved_at": at}
    return [
        {**copy.document, **place, "_id": key(box.owner, message_id), "uid": uid}
        for (copy, message_id), uid in zip(copies, uids, strict=True)
    ]


def _asked(ranges: Sequence[Range]) -> Iterator[dict[str, Any]]:
    """What queries ask of UIDs so that they find all of these ranges, ascending."""
    spans = merged(ranges, GAP)
    alone: list[int] = []
    for first, last in spans:
        if len(spans) > 1 and last - first < ALONE:
            alone.extend(range(first, last + 1))
            if len(alone) < BATCH:
                continue
        if alone:
            yield {"$in": alone}
        if last - first >= ALONE or len(spans) == 1:
            yield {"$gte": first, "$lte": last}
        alone = []
    if alone:
        yield {"$in": alone}


def _batches(uids: Sequence[int]) -> Iterable[list[int]]:
    return (list(uids[start : start + BATCH]) for start in range(0, len(uids), BATCH))


def _field(part: str) -> str:
    """A part number as a field's name, in which a dot would mean a level."""
    return part.replace(".", "_")
