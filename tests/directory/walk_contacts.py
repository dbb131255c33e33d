"""The walk over personal address books and photos."""

from io import BytesIO

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.field_mask_pb2 import FieldMask
from PIL import Image
from workspace.directory.v1 import contacts_pb2 as contacts
from workspace.directory.v1 import photos_pb2 as photos

from tests.directory.cards import card
from tests.directory.walking import Victim, Walk


def _contact(v: Victim) -> contacts.Contact:
    return contacts.Contact(id=v.contact_id, display_name="Autre")


# Address books are their owner's alone: what names another's names nothing.
CONTACTS = {
    "ContactService.ListAddressBooks": Walk(lambda v: [contacts.ListAddressBooksRequest()]),
    "ContactService.GetAddressBook": Walk(lambda v: [contacts.GetAddressBookRequest(id=v.book_id)]),
    # It makes one of the caller's own, whatever it names.
    "ContactService.CreateAddressBook": Walk(lambda v: []),
    "ContactService.UpdateAddressBook": Walk(
        lambda v: [
            contacts.UpdateAddressBookRequest(
                address_book=contacts.AddressBook(id=v.book_id, name="Autre"), update_mask=FieldMask(paths=["name"])
            )
        ]
    ),
    "ContactService.PatchAddressBook": Walk(
        lambda v: [contacts.PatchAddressBookRequest(id=v.book_id, name="Autre", properties={"{x}y": "z"})]
    ),
    "ContactService.DeleteAddressBook": Walk(lambda v: [contacts.DeleteAddressBookRequest(id=v.book_id)]),
    "ContactService.ListContacts": Walk(
        lambda v: [contacts.ListContactsRequest(address_book_id=v.book_id, query=q) for q in ("", "correspondant")]
    ),
    "ContactService.GetContact": Walk(lambda v: [contacts.GetContactRequest(id=v.contact_id)]),
    "ContactService.CreateContact": Walk(
        lambda v: [
            contacts.CreateContactRequest(
                address_book_id=v.book_id, contact=contacts.Contact(display_name="Correspondant")
            )
        ]
    ),
    "ContactService.UpdateContact": Walk(
        lambda v: [
            contacts.UpdateContactRequest(contact=_contact(v), update_mask=FieldMask(paths=["display_name"])),
            contacts.UpdateContactRequest(
                contact=contacts.Contact(id=v.contact_id, vcard=card().decode()), update_mask=FieldMask(paths=["vcard"])
            ),
        ]
    ),
    "ContactService.DeleteContact": Walk(lambda v: [contacts.DeleteContactRequest(id=v.contact_id)]),
    "ContactService.ImportContacts": Walk(
        lambda v: [
            contacts.ImportContactsRequest(
                address_book_id=v.book_id, file=HttpBody(content_type="text/vcard", data=card()), last=True
            )
        ]
    ),
    "ContactService.ExportContacts": Walk(lambda v: [contacts.ExportContactsRequest(address_book_id=v.book_id)]),
    "ContactService.ReadCards": Walk(
        lambda v: [
            contacts.ReadCardsRequest(address_book_id=v.book_id, with_vcard=True),
            contacts.ReadCardsRequest(address_book_id=v.book_id, names=[v.card_name]),
        ]
    ),
    "ContactService.PutCard": Walk(
        lambda v: [
            contacts.PutCardRequest(address_book_id=v.book_id, name=v.card_name, vcard=card()),
            contacts.PutCardRequest(address_book_id=v.book_id, name="neuve.vcf", vcard=card("a", v.contact_uid)),
        ]
    ),
    "ContactService.DeleteCard": Walk(
        lambda v: [contacts.DeleteCardRequest(address_book_id=v.book_id, name=v.card_name)]
    ),
    "ContactService.MoveCard": Walk(
        lambda v: [
            contacts.MoveCardRequest(
                address_book_id=v.book_id, name=v.card_name, to_address_book_id="contacts", to_name="neuve.vcf", copy=c
            )
            for c in (True, False)
        ]
    ),
    "ContactService.ListCardChanges": Walk(lambda v: [contacts.ListCardChangesRequest(address_book_id=v.book_id)]),
}


def _picture() -> bytes:
    written = BytesIO()
    Image.new("1", (64, 64)).save(written, "PNG")
    return written.getvalue()


# The victim has none: who may look finds the same as of somebody who does not exist.
PHOTOS = {
    "PhotoService.SetPhoto": Walk(
        lambda v: [
            photos.SetPhotoRequest(account_id=i, photo=HttpBody(content_type="image/png", data=_picture()), last=True)
            for i in (v.account_id, v.administrator_id)
        ]
    ),
    "PhotoService.GetPhoto": Walk(
        lambda v: [
            photos.GetPhotoRequest(account_id=v.account_id),
            photos.GetPhotoRequest(account_id=v.administrator_id, size=64, offset=1, length=2),
        ]
    ),
    "PhotoService.DeletePhoto": Walk(
        lambda v: [photos.DeletePhotoRequest(account_id=i) for i in (v.account_id, v.administrator_id)]
    ),
}
