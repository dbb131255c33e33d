"""ContactService."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import contacts_pb2 as pb
from workspace.directory.v1 import contacts_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.uploads import uploaded
from services.directory.api.cards import (
    book_message,
    card_message,
    card_of_row,
    contact_message,
    details_given,
    filter_given,
    import_message,
    precondition_given,
)
from services.directory.usecases.contacts import (
    create_contact,
    delete_contact,
    get_address_book,
    get_contact,
    list_contacts,
    update_contact,
)
from services.directory.usecases.context import Directory
from services.directory.usecases.create_address_book import create_address_book
from services.directory.usecases.delete_address_book import delete_address_book
from services.directory.usecases.delete_card import delete_card
from services.directory.usecases.export_contacts import begin_export, exported
from services.directory.usecases.import_contacts import import_contacts
from services.directory.usecases.list_address_books import list_address_books
from services.directory.usecases.list_card_changes import list_card_changes
from services.directory.usecases.move_card import move_card
from services.directory.usecases.put_card import put_card
from services.directory.usecases.read_cards import list_cards, read_cards
from services.directory.usecases.update_address_book import FIELDS, update_address_book

PIECE = 64 * 1024


def _owner() -> str:
    return current_identity().account_id


class ContactServicer(rpc.ContactServiceServicer):
    """The caller's address books."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def ListAddressBooks(self, request: pb.ListAddressBooksRequest, context: Any) -> pb.ListAddressBooksResponse:
        found = await list_address_books(self._directory, _owner())
        return pb.ListAddressBooksResponse(address_books=map(book_message, found))

    async def GetAddressBook(self, request: pb.GetAddressBookRequest, context: Any) -> pb.AddressBook:
        return book_message(await get_address_book(self._directory, _owner(), request.id))

    async def CreateAddressBook(self, request: pb.CreateAddressBookRequest, context: Any) -> pb.AddressBook:
        wanted = request.address_book
        return book_message(
            await create_address_book(self._directory, _owner(), wanted.id, wanted.name, wanted.description)
        )

    async def UpdateAddressBook(self, request: pb.UpdateAddressBookRequest, context: Any) -> pb.AddressBook:
        paths = set(request.update_mask.paths)
        if not paths or paths - FIELDS:
            wrong = ", ".join(sorted(paths - FIELDS)) or "empty"
            raise InvalidInput("Not fields that can be changed", fields={"update_mask": wrong})
        said = {field: getattr(request.address_book, field) for field in paths}
        return book_message(await update_address_book(self._directory, _owner(), request.address_book.id, said))

    async def PatchAddressBook(self, request: pb.PatchAddressBookRequest, context: Any) -> pb.AddressBook:
        said = {field: getattr(request, field) for field in FIELDS if request.HasField(field)}  # type: ignore[arg-type]
        return book_message(
            await update_address_book(
                self._directory, _owner(), request.id, said, dict(request.properties), request.removed_properties
            )
        )

    async def DeleteAddressBook(self, request: pb.DeleteAddressBookRequest, context: Any) -> Empty:
        await delete_address_book(self._directory, _owner(), request.id)
        return Empty()

    async def ListContacts(self, request: pb.ListContactsRequest, context: Any) -> pb.ListContactsResponse:
        page, following = await list_contacts(
            self._directory, _owner(), request.address_book_id, request.query, request.page_size, request.page_token
        )
        return pb.ListContactsResponse(contacts=map(contact_message, page), next_page_token=following)

    async def GetContact(self, request: pb.GetContactRequest, context: Any) -> pb.Contact:
        return contact_message(await get_contact(self._directory, _owner(), request.id))

    async def CreateContact(self, request: pb.CreateContactRequest, context: Any) -> pb.Contact:
        wanted = request.contact
        return contact_message(
            await create_contact(
                self._directory, _owner(), request.address_book_id, details_given(wanted), wanted.vcard.encode()
            )
        )

    async def UpdateContact(self, request: pb.UpdateContactRequest, context: Any) -> pb.Contact:
        # The etag says upon which state, and is nothing to be changed.
        fields = [path for path in request.update_mask.paths if path != "etag"]
        wanted = request.contact
        details, vcard = details_given(wanted), wanted.vcard.encode()
        return contact_message(
            await update_contact(self._directory, _owner(), wanted.id, details, vcard, fields, wanted.etag)
        )

    async def DeleteContact(self, request: pb.DeleteContactRequest, context: Any) -> Empty:
        await delete_contact(self._directory, _owner(), request.id, request.etag)
        return Empty()

    async def ImportContacts(
        self, request_iterator: AsyncIterator[pb.ImportContactsRequest], context: Any
    ) -> pb.ImportContactsResponse:
        first, pieces = await uploaded(request_iterator, "file")
        fates = await import_contacts(
            self._directory, _owner(), first.address_book_id, pieces, validate_only=first.validate_only
        )
        return import_message(fates)

    async def ExportContacts(self, request: pb.ExportContactsRequest, context: Any) -> AsyncIterator[HttpBody]:
        if request.offset < 0 or request.length < 0:
            raise InvalidInput("Not a range", fields={"offset": "must not be negative"})
        export = await begin_export(self._directory, _owner(), request.address_book_id)
        await context.send_initial_metadata(
            (
                ("workspace-length", str(export.octets)),
                ("workspace-etag", f'"{export.book.sync_token}"'),
                ("workspace-filename", quote(f"{export.book.name}.vcf", safe="")),
            )
        )
        told = False
        async for octets in exported(self._directory, export, request.offset, request.length or None):
            for start in range(0, len(octets), PIECE):
                told = True
                yield HttpBody(content_type="text/vcard; charset=utf-8", data=octets[start : start + PIECE])
        if not told:
            yield HttpBody(content_type="text/vcard; charset=utf-8")

    async def ReadCards(self, request: pb.ReadCardsRequest, context: Any) -> AsyncIterator[pb.Card]:
        book_id, names, wanted = request.address_book_id, list(request.names), filter_given(request.filter)
        if not request.with_vcard and not wanted.properties:
            rows = await list_cards(self._directory, _owner(), book_id, names)
            for row in rows[: request.limit or None]:
                yield card_of_row(row)
            return
        async for contact in read_cards(self._directory, _owner(), book_id, names, wanted, request.limit):
            yield card_message(contact, with_vcard=request.with_vcard)

    async def PutCard(self, request: pb.PutCardRequest, context: Any) -> pb.PutCardResponse:
        precondition = precondition_given(request.precondition)
        kept = await put_card(
            self._directory, _owner(), request.address_book_id, request.name, request.vcard, precondition
        )
        return pb.PutCardResponse(etag=kept.contact.etag, created=kept.created)

    async def DeleteCard(self, request: pb.DeleteCardRequest, context: Any) -> Empty:
        precondition = precondition_given(request.precondition)
        await delete_card(self._directory, _owner(), request.address_book_id, request.name, precondition)
        return Empty()

    async def MoveCard(self, request: pb.MoveCardRequest, context: Any) -> pb.MoveCardResponse:
        created = await move_card(
            self._directory,
            _owner(),
            (request.address_book_id, request.name),
            (request.to_address_book_id, request.to_name),
            overwrite=request.overwrite,
            copy=request.copy,
            precondition=precondition_given(request.precondition),
        )
        return pb.MoveCardResponse(created=created)

    async def ListCardChanges(self, request: pb.ListCardChangesRequest, context: Any) -> pb.ListCardChangesResponse:
        if request.limit < 0:
            raise InvalidInput("Not a limit", fields={"limit": "negative"})
        found = await list_card_changes(
            self._directory, _owner(), request.address_book_id, request.sync_token, request.limit
        )
        return pb.ListCardChangesResponse(
            changed=map(card_of_row, found.changed),
            removed=found.removed,
            sync_token=found.sync_token,
            more=found.more,
        )
