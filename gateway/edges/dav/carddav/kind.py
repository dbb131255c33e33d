"""Address books as a kind of collection."""

from collections.abc import Mapping, Sequence

import grpc
from workspace.directory.v1 import addressbook_pb2_grpc, contacts_pb2_grpc, photos_pb2_grpc
from workspace.directory.v1 import contacts_pb2 as pb

from chassis.identity import Identity
from gateway.edges.dav.carddav import books, rules
from gateway.edges.dav.carddav.national import NAME, NationalAddressBook
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.kinds import Collection, Described
from gateway.edges.dav.names import carddav
from gateway.edges.dav.paths import quoted
from gateway.edges.dav.writing import Value, href


class AddressBooks:
    """Over a channel to directory."""

    segment = rules.SEGMENT
    features = ("addressbook",)
    home_set = carddav("addressbook-home-set")
    resource_type = rules.ADDRESS_BOOK

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._contacts = contacts_pb2_grpc.ContactServiceStub(channel)
        self._people = addressbook_pb2_grpc.AddressBookServiceStub(channel)
        self._photos = photos_pb2_grpc.PhotoServiceStub(channel)

    def principal_properties(self, home: str) -> Mapping[str, Value]:
        return {carddav("directory-gateway"): [href(f"{home}{quoted(NAME)}/")]}

    async def collections(self, identity: Identity) -> Sequence[Collection]:
        own = (await self._contacts.ListAddressBooks(pb.ListAddressBooksRequest())).address_books
        mine = [books.OwnAddressBook(self._contacts, book, identity.address) for book in own]
        return [*mine, NationalAddressBook(self._people, self._photos)]

    async def collection(self, identity: Identity, name: str) -> Collection:
        if name == NAME:
            return NationalAddressBook(self._people, self._photos)
        return await books.found(self._contacts, name, identity.address)

    async def create(self, identity: Identity, name: str, wanted: Described) -> None:
        if name == NAME:
            raise DavError(405, "There is an address book of this name")
        await books.made(self._contacts, name, identity.address, wanted)
