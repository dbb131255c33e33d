"""Address books, contacts and filters as messages, and back."""

from collections import Counter
from collections.abc import Sequence

from workspace.directory.v1 import contacts_pb2 as pb

from chassis.errors import InvalidInput
from services.directory.api.messages import timestamp
from services.directory.domain.card_filter import (
    CardFilter,
    Collation,
    Match,
    ParameterFilter,
    PropertyFilter,
    TextMatch,
    checked,
)
from services.directory.domain.card_writing import Details, Labelled, details_of
from services.directory.domain.contacts import AddressBook, Contact, Precondition
from services.directory.domain.vcards import read_card
from services.directory.store.contacts import Row
from services.directory.usecases.import_contacts import CREATED, REFUSED, UNCHANGED, UPDATED, Fate


def book_message(book: AddressBook) -> pb.AddressBook:
    return pb.AddressBook(
        id=book.id,
        name=book.name,
        description=book.description,
        contacts=book.contacts,
        sync_token=book.sync_token,
        created_at=timestamp(book.created_at),
        properties=book.properties,
    )


def contact_message(contact: Contact) -> pb.Contact:
    """With its vCard where that was read."""
    details = details_of(read_card(contact.vcard)) if contact.vcard else contact.details
    return pb.Contact(
        id=contact.id,
        address_book_id=contact.book_id,
        resource_name=contact.name,
        uid=contact.uid,
        etag=contact.etag,
        kind=contact.kind,
        display_name=details.display_name or contact.details.display_name,
        given_name=details.given_name,
        family_name=details.family_name,
        emails=_labelled(details.emails),
        phones=_labelled(details.phones),
        organisation=details.organisation,
        title=details.title,
        note=details.note,
        members=contact.members,
        has_photo=contact.has_photo,
        vcard=contact.vcard.decode("utf-8"),
        updated_at=timestamp(contact.updated_at),
    )


def _labelled(entries: Sequence[Labelled]) -> list[pb.Labelled]:
    return [pb.Labelled(value=entry.value, type=entry.type) for entry in entries]


def details_given(message: pb.Contact) -> Details:
    return Details(
        display_name=message.display_name,
        given_name=message.given_name,
        family_name=message.family_name,
        emails=tuple(Labelled(each.value, each.type.lower()) for each in message.emails),
        phones=tuple(Labelled(each.value, each.type.lower()) for each in message.phones),
        organisation=message.organisation,
        title=message.title,
        note=message.note,
    )


def card_of_row(row: Row) -> pb.Card:
    return pb.Card(name=row.name, etag=row.etag, octets=row.octets, updated_at=timestamp(row.updated_at))


def card_message(contact: Contact, *, with_vcard: bool) -> pb.Card:
    return pb.Card(
        name=contact.name,
        etag=contact.etag,
        octets=len(contact.vcard),
        updated_at=timestamp(contact.updated_at),
        vcard=contact.vcard if with_vcard else b"",
    )


def precondition_given(message: pb.Precondition) -> Precondition:
    return Precondition(tuple(message.if_match), tuple(message.if_none_match))


def import_message(fates: Sequence[Fate]) -> pb.ImportContactsResponse:
    count = Counter(fate.outcome for fate in fates)
    return pb.ImportContactsResponse(
        created=count[CREATED],
        updated=count[UPDATED],
        unchanged=count[UNCHANGED],
        refused=count[REFUSED],
        cards=[pb.ImportedCard(**vars(fate)) for fate in fates],
    )


def filter_given(message: pb.CardFilter) -> CardFilter:
    """Raises `InvalidInput` for a collation or a kind of match that there is not, and beyond the limits."""
    return checked(CardFilter(tuple(map(_property, message.properties)), message.all_of))


def _property(message: pb.PropertyFilter) -> PropertyFilter:
    return PropertyFilter(
        name=message.name,
        absent=message.absent,
        all_of=message.all_of,
        texts=tuple(map(_text, message.texts)),
        parameters=tuple(
            ParameterFilter(each.name.upper(), each.absent, _text(each.text) if each.HasField("text") else None)
            for each in message.parameters
        ),
    )


def _text(message: pb.TextMatch) -> TextMatch:
    try:
        collation = Collation(message.collation or Collation.UNICODE.value)
        match = Match(message.match_type or Match.CONTAINS.value)
    except ValueError:
        raise InvalidInput("Not a way to compare texts", fields={"collation": message.collation[:40]}) from None
    return TextMatch(message.text, match, collation, message.negated)
