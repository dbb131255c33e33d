"""Address books as documents. Whoever changes what is in one advances it first, in the same transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, transaction
from chassis.errors import AlreadyExists, NotFound
from services.directory.domain.contacts import AddressBook

T = TypeVar("T")
NO_BOOK = "There is no such address book"


class AddressBookStore:
    """The collection `address_books`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._books = database["address_books"]

    async def insert(self, book: AddressBook) -> None:
        """Raises `AlreadyExists` when its owner has one of this id."""
        document = {
            "_id": _key(book.owner, book.id),
            "owner": book.owner,
            "name": book.name,
            "description": book.description,
            "epoch": book.epoch,
            "created_at": book.created_at,
            "modseq": book.modseq,
            "horizon": book.horizon,
            "contacts": book.contacts,
            "octets": book.octets,
            "properties": _pairs(book.properties),
        }
        try:
            await self._books.insert_one(document)
        except DuplicateKeyError as error:
            raise AlreadyExists("There is an address book of this id", fields={"id": "taken"}) from error

    async def of(self, owner: str) -> list[AddressBook]:
        return [_book(document) async for document in self._books.find({"owner": owner})]

    async def get(self, owner: str, book_id: str, session: Any = None) -> AddressBook:
        """Raises `NotFound`."""
        found = await self._books.find_one({"_id": _key(owner, book_id)}, session=session)
        if found is None:
            raise NotFound(NO_BOOK)
        return _book(found)

    async def changing(self, owner: str, book_id: str, act: Callable[[AddressBook, Any], Awaitable[T]]) -> T:
        """Run `act(book, session)` in a transaction that has given out the next modseq, which is the book's then.

        It may run several times; an exception of its own rolls back and is raised. Raises `NotFound`, `Conflict`.
        """

        async def whole(session: Any) -> T:
            return await act(await self.advance(owner, book_id, session), session)

        return await transaction(self._database, whole)

    async def changing_both(
        self, owner: str, ids: tuple[str, str], act: Callable[[AddressBook, AddressBook, Any], Awaitable[T]]
    ) -> T:
        """The same of two books, or of one that is both."""

        async def whole(session: Any) -> T:
            # In one order whoever moves in which direction, so that two movers do not wait for each other.
            books = {book_id: await self.advance(owner, book_id, session) for book_id in sorted(set(ids))}
            return await act(books[ids[0]], books[ids[1]], session)

        return await transaction(self._database, whole)

    async def advance(self, owner: str, book_id: str, session: Any) -> AddressBook:
        """Give out the next modseq; the book after it. Raises `NotFound`.

        The first write of a transaction: whoever else changes the same book conflicts at once and begins again, so
        that a higher modseq is never seen before a lower one.
        """
        answer = await self._books.update_one({"_id": _key(owner, book_id)}, {"$inc": {"modseq": 1}}, session=session)
        if not answer.matched_count:
            raise NotFound(NO_BOOK)
        return await self.get(owner, book_id, session)

    async def count(self, owner: str, book_id: str, contacts: int, octets: int, session: Any) -> None:
        """Note how many contacts and octets came, or went."""
        if contacts or octets:
            growth = {"$inc": {"contacts": contacts, "octets": octets}}
            await self._books.update_one({"_id": _key(owner, book_id)}, growth, session=session)

    async def describe(self, book: AddressBook, session: Any) -> None:
        """Write what its owner says of it."""
        said = {"name": book.name, "description": book.description, "properties": _pairs(book.properties)}
        await self._books.update_one({"_id": _key(book.owner, book.id)}, {"$set": said}, session=session)

    async def remove(self, owner: str, book_id: str, session: Any = None) -> bool:
        answer = await self._books.delete_one({"_id": _key(owner, book_id)}, session=session)
        return bool(answer.deleted_count)

    async def forget_until(self, owner: str, book_id: str, modseq: int) -> None:
        """Deletions up to this modseq are about to be forgotten."""
        await self._books.update_one({"_id": _key(owner, book_id)}, {"$max": {"horizon": modseq}})


def _key(owner: str, book_id: str) -> str:
    return f"{owner}.{book_id}"


def _pairs(properties: Mapping[str, str]) -> list[list[str]]:
    """Expanded names hold dots and dollars, which are no names of fields."""
    return [[name, value] for name, value in properties.items()]


def _properties(pairs: Sequence[Sequence[str]]) -> dict[str, str]:
    return {pair[0]: pair[1] for pair in pairs}


def _book(document: Mapping[str, Any]) -> AddressBook:
    return AddressBook(
        owner=document["owner"],
        id=document["_id"].partition(".")[2],
        name=document["name"],
        epoch=document["epoch"],
        created_at=document["created_at"],
        description=document["description"],
        modseq=document["modseq"],
        horizon=document["horizon"],
        contacts=document["contacts"],
        octets=document["octets"],
        properties=_properties(document["properties"]),
    )
