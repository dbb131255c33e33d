"""Contacts as documents: the vCard as it was given, and beside it what lists, search and cursors ask for."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from chassis.documents import Database
from services.directory.domain.card_writing import Details, Labelled
from services.directory.domain.contacts import Contact
from services.directory.store.windows import windows

AT_ONCE = 50
FORGOTTEN_AT_ONCE = 1000
_LISTED = {"vcard": 0, "terms": 0}
_ROW = {"name": 1, "etag": 1, "modseq": 1, "octets": 1, "updated_at": 1}


class Row(NamedTuple):
    """What a cursor says of a contact."""

    name: str
    etag: str
    modseq: int
    octets: int
    updated_at: datetime


class Removed(NamedTuple):
    """A name under which nothing is any more."""

    document_id: str
    owner: str
    book_id: str
    name: str
    modseq: int


class ContactStore:
    """The collections `contacts` and `contact_tombstones`."""

    def __init__(self, database: Database) -> None:
        self._contacts = database["contacts"]
        self._tombstones = database["contact_tombstones"]

    async def put(self, contact: Contact, session: Any) -> None:
        """Write a contact, new or changed. In a transaction that has advanced its book."""
        document = _document(contact)
        await self._contacts.update_one({"_id": document.pop("_id")}, {"$set": document}, upsert=True, session=session)
        await self._tombstones.delete_one(
            {"_id": _tombstone(contact.owner, contact.book_id, contact.name)}, session=session
        )

    async def bury(self, contact: Contact, modseq: int, now: datetime, session: Any) -> None:
        """Remove a contact and leave word of it. In a transaction that has advanced its book to `modseq`."""
        await self._contacts.delete_one({"_id": _key(contact.owner, contact.id)}, session=session)
        await self._tombstones.update_one(
            {"_id": _tombstone(contact.owner, contact.book_id, contact.name)},
            {
                "$set": {
                    "owner": contact.owner,
                    "book": contact.book_id,
                    "name": contact.name,
                    "modseq": modseq,
                    "at": now,
                }
            },
            upsert=True,
            session=session,
        )

    async def find(self, owner: str, contact_id: str, session: Any = None) -> Contact | None:
        found = await self._contacts.find_one({"_id": _key(owner, contact_id)}, session=session)
        return _contact(found) if found else None

    async def named(self, owner: str, book_id: str, name: str, session: Any = None) -> Contact | None:
        found = await self._contacts.find_one({"owner": owner, "book": book_id, "name": name}, session=session)
        return _contact(found) if found else None

    async def with_uid(self, owner: str, book_id: str, uid: str, session: Any = None) -> Contact | None:
        found = await self._contacts.find_one({"owner": owner, "book": book_id, "uid": uid}, session=session)
        return _contact(found) if found else None

    async def page(self, owner: str, book_id: str, after: str, count: int) -> list[Contact]:
        """Up to `count` contacts whose place follows `after`, by name, without their vCards."""
        found: list[Contact] = []
        lower = "$gt"
        for above, below in windows(after):
            within = {lower: above} if below is None else {lower: above, "$lt": below}
            cursor = self._contacts.find({"owner": owner, "book": book_id, "place": within}, _LISTED)
            found.extend([_contact(document) async for document in cursor.sort("place", 1).limit(count - len(found))])
            if len(found) >= count:
                break
            lower = "$gte"
        return found

    async def with_words(self, owner: str, book_id: str, words: Sequence[str]) -> list[Contact]:
        """Contacts of which each word begins a word, by name. The longest one is asked of the index."""
        longest = max(words, key=len)
        span = {"$gte": longest, "$lt": longest[:-1] + chr(ord(longest[-1]) + 1)}
        cursor = self._contacts.find({"owner": owner, "book": book_id, "terms": span}, {"vcard": 0})
        found = [
            _contact(document)
            async for document in cursor
            if all(any(term.startswith(word) for term in document["terms"]) for word in words)
        ]
        return sorted(found, key=place_of)

    async def cards(self, owner: str, book_id: str, names: Sequence[str] = ()) -> AsyncIterator[Contact]:
        """Whole contacts of some names, or all; what is not there is passed over. Few are in memory at a time."""
        if not names:
            names = [row.name for row in await self.rows(owner, book_id)]
        for start in range(0, len(names), AT_ONCE):
            some = list(names[start : start + AT_ONCE])
            cursor = self._contacts.find({"owner": owner, "book": book_id, "name": {"$in": some}})
            async for document in cursor.batch_size(AT_ONCE):
                yield _contact(document)

    async def rows(self, owner: str, book_id: str, names: Sequence[str] = ()) -> list[Row]:
        """What cursors say of some names, or of all, by modseq."""
        which: dict[str, Any] = {"owner": owner, "book": book_id}
        if names:
            which["name"] = {"$in": list(names)}
        return await self._rows(which)

    async def changed(self, owner: str, book_id: str, after: int) -> list[Row]:
        return await self._rows({"owner": owner, "book": book_id, "modseq": {"$gt": after}})

    async def _rows(self, which: dict[str, Any]) -> list[Row]:
        found = [
            Row(d["name"], d["etag"], d["modseq"], d["octets"], d["updated_at"])
            async for d in self._contacts.find(which, _ROW)
        ]
        return sorted(found, key=lambda row: row.modseq)

    async def removed(self, owner: str, book_id: str, after: int) -> list[Removed]:
        cursor = self._tombstones.find({"owner": owner, "book": book_id, "modseq": {"$gt": after}})
        return [_removed(document) async for document in cursor]

    async def removed_before(self, moment: datetime) -> list[Removed]:
        """Some of the tombstones that are older."""
        cursor = self._tombstones.find({"at": {"$lt": moment}})
        return [_removed(document) for document in await cursor.to_list(FORGOTTEN_AT_ONCE)]

    async def forget(self, removed: Sequence[Removed]) -> None:
        await self._tombstones.delete_many({"_id": {"$in": [each.document_id for each in removed]}})

    async def remove_all(self, owner: str, book_id: str) -> None:
        """All that is in a book, when the book is gone."""
        for collection in (self._contacts, self._tombstones):
            await collection.delete_many({"owner": owner, "book": book_id})


def place_of(contact: Contact) -> str:
    """Where it stands in a list; no two contacts stand at one place."""
    return f"{contact.sorting_key} {contact.id}"


def _key(owner: str, contact_id: str) -> str:
    return f"{owner}.{contact_id}"


def _tombstone(owner: str, book_id: str, name: str) -> str:
    return f"{owner}.{book_id}/{name}"


def _removed(document: Mapping[str, Any]) -> Removed:
    return Removed(document["_id"], document["owner"], document["book"], document["name"], document["modseq"])


def _document(contact: Contact) -> dict[str, Any]:
    return {
        "_id": _key(contact.owner, contact.id),
        "owner": contact.owner,
        "book": contact.book_id,
        "name": contact.name,
        "modseq": contact.modseq,
        "updated_at": contact.updated_at,
        "vcard": contact.vcard,
        "octets": len(contact.vcard),
        "etag": contact.etag,
        "uid": contact.uid,
        "kind": contact.kind,
        "has_photo": contact.has_photo,
        "members": list(contact.members),
        "details": asdict(contact.details),
        "sorting_key": contact.sorting_key,
        "place": place_of(contact),
        "terms": list(contact.terms),
    }


def _contact(document: Mapping[str, Any]) -> Contact:
    shown = dict(document["details"])
    for field in ("emails", "phones"):
        shown[field] = tuple(Labelled(**entry) for entry in shown[field])
    return Contact(
        owner=document["owner"],
        id=document["_id"].partition(".")[2],
        book_id=document["book"],
        name=document["name"],
        modseq=document["modseq"],
        updated_at=document["updated_at"],
        vcard=bytes(document.get("vcard", b"")),
        etag=document["etag"],
        uid=document["uid"],
        kind=document["kind"],
        has_photo=document["has_photo"],
        members=tuple(document["members"]),
        details=Details(**shown),
        sorting_key=document["sorting_key"],
    )
