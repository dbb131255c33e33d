"""The terms of messages, kept in the messages' own documents: wherever a message goes, its terms go with it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import UpdateOne

from chassis.documents import Index
from services.mail.domain.message import Source
from services.mail.store.cursors import Document, pieces
from services.mail.store.encoding import READ, source
from services.mail.store.ids import key


class Wordless(NamedTuple):
    """A message of which no terms are kept yet."""

    document_id: str
    owner: str
    mailbox_id: str
    uid: int
    source: Source


class Indexing:
    """Collection `messages`: a message has its `terms`, or is `terms_due`. One from before terms were kept has neither
    until somebody's search has to read it."""

    indexes = (Index("messages", (("terms_due", 1),), sparse=True),)

    def __init__(self, database: Any) -> None:
        self._messages = database["messages"]

    async def due(self, now: datetime, most: int, at_once: int) -> AsyncIterator[list[Wordless]]:
        """Up to `most`, so many `at_once`, by one query: the embedded database goes through all that are due for it,
        however few are wanted."""
        shown = {"owner": 1, "mailbox": 1, **READ}
        async for some in pieces(self._messages.find({"terms_due": {"$lte": now}}, shown).limit(most), at_once):
            yield [_wordless(item) for item in some]

    async def keep(self, terms: Iterable[tuple[str, bytes]]) -> None:
        """By document ids; of those that are still there."""
        changes = [
            UpdateOne({"_id": document_id}, {"$set": {"terms": packed}, "$unset": {"terms_due": ""}})
            for document_id, packed in terms
        ]
        if changes:
            await self._messages.bulk_write(changes, ordered=False)

    async def put_off(self, document_ids: Sequence[str], due: datetime) -> None:
        await self._messages.update_many({"_id": {"$in": list(document_ids)}}, {"$set": {"terms_due": due}})

    async def ask(self, owner: str, message_ids: Sequence[str], due: datetime) -> None:
        """For terms of messages that have none; those that are due already stay as they are."""
        which = {"_id": {"$in": [key(owner, each) for each in message_ids]}, "terms_due": {"$exists": False}}
        await self._messages.update_many(which, {"$set": {"terms_due": due}})


def _wordless(document: Document) -> Wordless:
    return Wordless(document["_id"], document["owner"], document["mailbox"], document["uid"], source(document))
