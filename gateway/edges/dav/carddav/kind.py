"""Address books as a kind of collection."""

from collections.abc import Mapping, Sequence
from typing import Any

import grpc
from workspace.directory.v1 import addressbook_pb2_grpc, contacts_pb2_grpc, photos_pb2_grpc
from workspace.directory.v1 import contacts_pb2 as pb

from chassis.errors import NotFound
from chassis.identity import Identity
from gateway.edges.dav.access import own, owned
from gateway.edges.dav.carddav import books, rules
from gateway.edges.dav.carddav.national import NAME, NationalAddressBook
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.kinds import Collection, Described, Home, Method
from gateway.edges.dav.names import carddav
from gateway.edges.dav.paths import NOTHING, Path, quoted
from gateway.edges.dav.writing import Live, href


class AddressBooks:
    """Over a channel to directory."""

    segment = rules.SEGMENT
    features = ("addressbook",)
    home_set = carddav("addressbook-home-set")
    resource_type = rules.ADDRESS_BOOK
    methods: Mapping[str, Method] = {}

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.contacts: Any = contacts_pb2_grpc.ContactServiceStub(channel)
        self._people = addressbook_pb2_grpc.AddressBookServiceStub(channel)
        self._photos = photos_pb2_grpc.PhotoServiceStub(channel)

    def principal_properties(self, identity: Identity, home: str) -> Mapping[str, Live]:
        return _searched(home)

    def person_properties(self, address: str) -> Mapping[str, Live]:
        return {}

    async def home(self, identity: Identity, address: str) -> Home:
        _check_own(identity, address)
        return OwnHome(self, identity, address)

    async def collection(self, identity: Identity, address: str, name: str) -> Collection:
        _check_own(identity, address)
        if name == NAME:
            return self.national(identity.address)
        return await books.found(self.contacts, name, identity.address)

    def unread(self, address: str, name: str) -> None:
        """Whose it is, is known here alone."""

    def national(self, address: str) -> NationalAddressBook:
        return NationalAddressBook(self._people, self._photos, address)


class OwnHome:
    """Where a person's address books are; nobody else's can be reached."""

    def __init__(self, kind: AddressBooks, identity: Identity, address: str) -> None:
        """`address` is any that the person has."""
        self._kind = kind
        self._address = identity.address
        self.title = identity.name or identity.address
        self.access = owned(identity.address)
        self.live = _searched(Path((rules.SEGMENT, address)).href)

    async def collections(self) -> Sequence[Collection]:
        own = (await self._kind.contacts.ListAddressBooks(pb.ListAddressBooksRequest())).address_books
        mine = [books.OwnAddressBook(self._kind.contacts, book, self._address) for book in own]
        return [*mine, self._kind.national(self._address)]

    async def create(self, name: str, wanted: Described) -> None:
        if name == NAME:
            raise DavError(405, "There is an address book of this name")
        await books.made(self._kind.contacts, name, self._address, wanted)


def _searched(home: str) -> Mapping[str, Live]:
    return {carddav("directory-gateway"): lambda: [href(f"{home}{quoted(NAME)}/")]}


def _check_own(identity: Identity, address: str) -> None:
    if not own(identity, address):
        raise NotFound(NOTHING)
