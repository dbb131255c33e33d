"""AddressBookService."""

from collections.abc import Sequence
from typing import Any

from workspace.directory.v1 import addressbook_pb2 as pb
from workspace.directory.v1 import addressbook_pb2_grpc as rpc
from workspace.directory.v1 import directory_pb2

from services.directory.api.messages import kind_message
from services.directory.domain.accounts import PROFILE
from services.directory.domain.book import BookUnit
from services.directory.usecases.context import Directory
from services.directory.usecases.get_person import get_person
from services.directory.usecases.search_address_book import Listed, search_address_book
from services.directory.usecases.search_people import Card, search_people


class AddressBookServicer(rpc.AddressBookServiceServicer):
    """The national address book."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def SearchPeople(self, request: pb.SearchPeopleRequest, context: Any) -> pb.SearchPeopleResponse:
        page = await search_people(
            self._directory, request.query, request.unit_id, request.page_size, request.page_token
        )
        return pb.SearchPeopleResponse(
            people=map(_person, page.people), next_page_token=page.token, total_size=page.total
        )

    async def SearchAddressBook(
        self, request: pb.SearchAddressBookRequest, context: Any
    ) -> pb.SearchAddressBookResponse:
        page = await search_address_book(
            self._directory, request.query, request.unit_id, request.page_size, request.page_token
        )
        return pb.SearchAddressBookResponse(
            entries=map(_entry, page.found), next_page_token=page.token, total_size=page.total
        )

    async def GetPerson(self, request: pb.GetPersonRequest, context: Any) -> pb.Person:
        return _person(await get_person(self._directory, request.id))


def _person(card: Card) -> pb.Person:
    entry = card.entry
    return pb.Person(
        id=entry.id,
        display_name=entry.display_name,
        address=entry.address,
        aliases=entry.aliases,
        profile=directory_pb2.Profile(**{field: getattr(entry, field) for field in PROFILE}),
        unit_id=entry.unit_id,
        units=_units(card.units),
        staff_number=card.staff_number,
        function_addresses=entry.functions,
        photo_etag=entry.photo,
    )


def _units(units: Sequence[BookUnit]) -> list[pb.PersonUnit]:
    return [pb.PersonUnit(id=unit.id, name=unit.name, kind=kind_message(unit.kind)) for unit in units]


def _entry(found: Card | Listed) -> pb.BookEntry:
    if isinstance(found, Card):
        return pb.BookEntry(kind=pb.BOOK_ENTRY_KIND_PERSON, person=_person(found))
    function, group = found.collective.function, found.collective.group
    if function is not None:
        holders = [
            pb.FunctionHolder(id=each.id, display_name=each.display_name, address=each.address)
            for each in found.holders
        ]
        listed = pb.ListedFunction(
            id=function.id, title=function.title, address=function.address, units=_units(found.units), holders=holders
        )
        return pb.BookEntry(kind=pb.BOOK_ENTRY_KIND_FUNCTION, function=listed)
    assert group is not None  # noqa: S101 - it is one of the two
    named = pb.ListedGroup(id=group.id, name=group.name, description=group.description, units=_units(found.units))
    return pb.BookEntry(kind=pb.BOOK_ENTRY_KIND_GROUP, group=named)
