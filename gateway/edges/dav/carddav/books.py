"""A person's own address book, as directory keeps it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from workspace.directory.v1 import contacts_pb2 as pb

from chassis.errors import AlreadyExists, NotFound, WorkspaceError
from chassis.rpc import translated
from gateway.edges.dav.access import owned
from gateway.edges.dav.carddav import rules
from gateway.edges.dav.carddav.address_data import address_data
from gateway.edges.dav.carddav.query import addressbook_multiget, addressbook_query
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.headers import ALWAYS, Conditions
from gateway.edges.dav.kinds import Changes, Collection, Described, Member, Report, Written
from gateway.edges.dav.names import carddav, dav
from gateway.edges.dav.paths import PREFIX, quoted
from gateway.edges.dav.reading import text_of
from gateway.edges.dav.writing import Live, Value, as_kept

NAME = dav("displayname")


class OwnAddressBook:
    """Reads and writes by `ContactService`, in the name of whoever asks."""

    resource_types = (rules.ADDRESS_BOOK,)
    largest = rules.LARGEST
    size_condition = rules.SIZE_CONDITION
    settable = frozenset({NAME, rules.DESCRIPTION})
    content_properties = frozenset({carddav("address-data")})
    reports: Mapping[str, Report] = {
        carddav("addressbook-query"): addressbook_query,
        carddav("addressbook-multiget"): addressbook_multiget,
    }
    most = 0

    def __init__(self, contacts: Any, book: pb.AddressBook, address: str) -> None:
        self._contacts = contacts
        self._book = book
        self._address = address
        self.access = owned(address)

    @property
    def name(self) -> str:
        return self._book.id

    @property
    def title(self) -> str:
        return self._book.name

    @property
    def sync_token(self) -> str:
        return self._book.sync_token

    @property
    def live(self) -> Mapping[str, Live]:
        described = {rules.DESCRIPTION: self._book.description} if self._book.description else {}
        return {**rules.supported(), **described}

    @property
    def dead(self) -> Mapping[str, str]:
        return self._book.properties

    def content_property(self, member: Member, asked: Element) -> Value:
        return address_data(member.content or b"", asked)

    async def members(self, names: Sequence[str] = (), *, content: bool = False) -> AsyncIterator[Member]:
        request = pb.ReadCardsRequest(address_book_id=self.name, names=names, with_vcard=content)
        async for member in self._read(request):
            yield member

    async def matching(self, wanted: pb.CardFilter, limit: int, *, content: bool) -> AsyncIterator[Member]:
        request = pb.ReadCardsRequest(address_book_id=self.name, filter=wanted, limit=limit, with_vcard=content)
        async for member in self._read(request):
            yield member

    async def _read(self, request: pb.ReadCardsRequest) -> AsyncIterator[Member]:
        call = self._contacts.ReadCards(request)
        try:
            with translated():
                async for card in call:
                    yield _member(card, content=request.with_vcard)
        finally:
            call.cancel()

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> Written:
        rules.check_type(media_type)
        rules.check_version(content)
        request = pb.PutCardRequest(
            address_book_id=self.name, name=name, vcard=content, precondition=_precondition(conditions)
        )
        try:
            answer = await self._contacts.PutCard(request)
        except WorkspaceError as error:
            raise self._refused(error, self.name) from error
        return Written(answer.etag, answer.created)

    async def delete(self, name: str, conditions: Conditions) -> None:
        precondition = _precondition(conditions)
        await self._contacts.DeleteCard(
            pb.DeleteCardRequest(address_book_id=self.name, name=name, precondition=precondition)
        )

    async def transfer(
        self, name: str, to: Collection, to_name: str, *, overwrite: bool, copy: bool, conditions: Conditions
    ) -> bool:
        request = pb.MoveCardRequest(
            address_book_id=self.name, name=name, to_address_book_id=to.name, to_name=to_name,
            overwrite=overwrite, copy=copy, precondition=_precondition(conditions),
        )  # fmt: skip
        try:
            return bool((await self._contacts.MoveCard(request)).created)
        except WorkspaceError as error:
            raise self._refused(error, to.name) from error

    def _refused(self, error: WorkspaceError, book_id: str) -> WorkspaceError:
        """A UID that another one has is told with that one's path."""
        holder = error.fields.get("uid", "")
        path = "/".join(quoted(part) for part in (rules.SEGMENT, self._address, book_id, holder))
        return rules.refused_card(error, PREFIX + path)

    async def changes(self, token: str, limit: int) -> Changes:
        request = pb.ListCardChangesRequest(address_book_id=self.name, sync_token=token, limit=limit)
        found = await self._contacts.ListCardChanges(request)
        changed = [_member(card, content=False) for card in found.changed]
        return Changes(changed, list(found.removed), found.sync_token, found.more)

    async def describe(self, wanted: Described, conditions: Conditions = ALWAYS) -> None:
        request = pb.PatchAddressBookRequest(id=self.name)
        for name, given in wanted.properties.items():
            if name == NAME:
                request.name = text_of(given)
            elif name == rules.DESCRIPTION:
                request.description = text_of(given)
            else:
                request.properties[name] = as_kept(given)
        for name in wanted.removed:
            if name == rules.DESCRIPTION:
                request.description = ""
            elif name != NAME:
                request.removed_properties.append(name)
        await self._contacts.PatchAddressBook(request)

    async def remove(self, conditions: Conditions) -> None:
        await self._contacts.DeleteAddressBook(pb.DeleteAddressBookRequest(id=self.name))


async def made(contacts: Any, name: str, address: str, wanted: Described) -> None:
    """A new address book. Raises `DavError` when there is one of this name."""
    said = {key: text_of(each) for key, each in wanted.properties.items() if key in OwnAddressBook.settable}
    given = pb.AddressBook(id=name, name=said.get(NAME) or name, description=said.get(rules.DESCRIPTION, ""))
    try:
        created = await contacts.CreateAddressBook(pb.CreateAddressBookRequest(address_book=given))
    except AlreadyExists as error:
        raise DavError(405, error.detail) from error
    others = {key: each for key, each in wanted.properties.items() if key not in said}
    if not others:
        return
    book = OwnAddressBook(contacts, created, address)
    try:
        await book.describe(Described(others))
    except WorkspaceError:
        # All of it or nothing (RFC 5689 §3), though two rpcs make it.
        await book.remove(ALWAYS)
        raise


async def found(contacts: Any, name: str, address: str) -> OwnAddressBook:
    """Raises `NotFound`."""
    try:
        book = await contacts.GetAddressBook(pb.GetAddressBookRequest(id=name))
    except NotFound:
        # The first one is made when it is first asked for, which may be by its name.
        books = (await contacts.ListAddressBooks(pb.ListAddressBooksRequest())).address_books
        book = next((each for each in books if each.id == name), None)
        if book is None:
            raise
    return OwnAddressBook(contacts, book, address)


def _member(card: pb.Card, *, content: bool) -> Member:
    return Member(
        name=card.name,
        etag=card.etag,
        octets=card.octets,
        content_type=rules.VCARD,
        modified=card.updated_at.ToDatetime(UTC),
        content=card.vcard if content else None,
    )


def _precondition(conditions: Conditions) -> pb.Precondition:
    return pb.Precondition(if_match=conditions.if_match, if_none_match=conditions.if_none_match)
