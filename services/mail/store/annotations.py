"""Annotations of mailboxes, as documents."""

from typing import Any

from chassis.documents import Index
from services.mail.domain.annotations import Entries, Scope
from services.mail.store.cursors import every
from services.mail.store.ids import key, under

# Stands for the mailbox in what an account notes of the server.
SERVER = "server"


class Annotations:
    """Collection `annotations`: one document for what one holder has noted of a mailbox in one scope.

    The holder of what is private is whoever wrote it, of what is shared the mailbox's owner.
    """

    indexes = (Index("annotations", (("mailbox", 1),)),)

    def __init__(self, database: Any) -> None:
        self._annotations = database["annotations"]

    async def of(self, holder: str, mailbox_id: str, scope: Scope, *, session: Any = None) -> dict[str, bytes]:
        found = await self._annotations.find_one({"_id": key(holder, mailbox_id, scope.value)}, session=session)
        return {name: bytes(value) for name, value in found["entries"]} if found else {}

    async def put(self, holder: str, mailbox_id: str, scope: Scope, entries: Entries, *, session: Any) -> None:
        """All that is noted from now on. Names are values here, since a name may have what no field's may."""
        document_id = key(holder, mailbox_id, scope.value)
        if not entries:
            await self._annotations.delete_one({"_id": document_id}, session=session)
            return
        document = {
            "_id": document_id,
            "mailbox": mailbox_id,
            "entries": [[name, value] for name, value in sorted(entries.items())],
        }
        await self._annotations.replace_one({"_id": document_id}, document, upsert=True, session=session)

    async def by(self, holder: str) -> dict[str, dict[str, bytes]]:
        """All that a holder has noted, by mailbox id and scope."""
        found = await every(self._annotations.find({"_id": under(holder)}))
        return {
            document["_id"].removeprefix(f"{holder}."): {name: bytes(value) for name, value in document["entries"]}
            for document in found
        }

    async def remove_of(self, mailbox_id: str) -> None:
        """Of a mailbox that is deleted, whoever wrote them."""
        await self._annotations.delete_many({"mailbox": mailbox_id})

    async def remove_all(self, holder: str) -> None:
        """Of an account that is erased."""
        await self._annotations.delete_many({"_id": under(holder)})
