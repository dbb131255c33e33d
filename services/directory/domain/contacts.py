"""Personal address books and the contacts in them: what is kept beside the vCard, and the limits."""

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.errors import InvalidInput, PreconditionFailed
from services.directory.domain import text
from services.directory.domain.card_writing import Details, details_of
from services.directory.domain.vcards import Card, read_card, refused

MAX_BOOKS = 20
MAX_CONTACTS = 10_000
MAX_BOOK_OCTETS = 100 * 1024 * 1024
MAX_RESOURCE_NAME = 200
MAX_DESCRIPTION = 1000
MAX_PROPERTIES = 50
MAX_PROPERTY = 4096
MAX_TERMS = 60
DEFAULT_BOOK, DEFAULT_NAME = "contacts", "Contacts"
ANY = "*"
_BOOK_ID = re.compile(r"[A-Za-z0-9_~@-][A-Za-z0-9._~@-]{0,99}", re.ASCII)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class AddressBook:
    """`id` is also its name in URLs, chosen when it is made. `modseq` grows with every change within; `epoch` tells
    this book from an earlier one of the same id, so that nobody goes on from the other's cursor."""

    owner: str
    id: str
    name: str
    epoch: str
    created_at: datetime
    description: str = ""
    modseq: int = 1
    # Deletions up to here are forgotten.
    horizon: int = 0
    contacts: int = 0
    octets: int = 0
    # What clients of CardDAV keep with it, by expanded name (RFC 4918 §4.3).
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def sync_token(self) -> str:
        return f"{self.epoch}-{self.modseq}"

    def since(self, token: str) -> int:
        """The modseq that a sync token of this book stands for, 0 for none. Raises `PreconditionFailed`."""
        if not token:
            return 0
        epoch, _, number = token.partition("-")
        known = epoch == self.epoch and number.isascii() and number.isdigit() and len(number) < 18
        if not known or not self.horizon <= int(number) <= self.modseq:
            raise PreconditionFailed("That sync token is not known any more", fields={"sync_token": "begin again"})
        return int(number)


@dataclass(frozen=True)
class Contact:
    """`name` is its name in URLs, within its book; `etag` is of its octets."""

    owner: str
    id: str
    book_id: str
    name: str
    modseq: int
    updated_at: datetime
    vcard: bytes = field(repr=False)
    etag: str = ""
    uid: str = ""
    kind: str = ""
    has_photo: bool = False
    members: tuple[str, ...] = ()
    details: Details = field(default_factory=Details)
    sorting_key: str = ""
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Precondition:
    """What must hold of what is there (RFC 9110 §13.1): one of some ETags, or `*` for anything at all."""

    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()

    def check(self, etag: str | None) -> None:
        """`etag` is None where there is nothing. Raises `PreconditionFailed`."""
        if self.if_match and (etag is None or not {ANY, etag} & set(self.if_match)):
            raise PreconditionFailed("It is not what you have seen", fields={"etag": etag or "gone"})
        if etag is not None and {ANY, etag} & set(self.if_none_match):
            raise PreconditionFailed("There is one already", fields={"etag": etag})


def etag_of(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()[:32]


def uid_of(octets: bytes) -> str:
    """A UID for a card without: the same octets have the same, so that importing twice makes nothing twice."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(octets).hexdigest())}"


def contact_of(
    owner: str, contact_id: str, book_id: str, name: str, octets: bytes, *, modseq: int, updated_at: datetime
) -> Contact:
    """A contact as its vCard describes it. Raises `InvalidInput`, `TooLarge`."""
    card = read_card(octets)
    if not card.uid:
        raise refused("has no UID")
    details = details_of(card)
    return Contact(
        owner=owner,
        id=contact_id,
        book_id=book_id,
        name=name,
        modseq=modseq,
        updated_at=updated_at,
        vcard=octets,
        etag=etag_of(octets),
        uid=card.uid,
        kind=_kind(card),
        has_photo=bool(card.every("PHOTO")),
        members=_members(card),
        details=_shown(details),
        sorting_key=text.sorting_key(_name_of(details))[:100],
        terms=_terms(details),
    )


def _kind(card: Card) -> str:
    """ "individual", "group", "org", …; Apple's clients say it in 3.0 by a property of their own."""
    return (card.first("KIND") or card.first("X-ADDRESSBOOKSERVER-KIND") or "individual").lower()[:30]


def _members(card: Card) -> tuple[str, ...]:
    lines = [*card.every("MEMBER"), *card.every("X-ADDRESSBOOKSERVER-MEMBER")]
    return tuple(line.text.strip()[:600] for line in lines)


def _name_of(details: Details) -> str:
    full = details.display_name or " ".join(filter(None, (details.given_name, details.family_name)))
    return full or details.organisation or next((e.value for e in (*details.emails, *details.phones)), "")


def _shown(details: Details) -> Details:
    """What a list shows, bounded: the card itself is whole."""
    return Details(
        display_name=_name_of(details)[:300],
        given_name=details.given_name[:300],
        family_name=details.family_name[:300],
        emails=details.emails[:20],
        phones=details.phones[:20],
        organisation=details.organisation[:300],
        title=details.title[:300],
    )


def folded_words(given: str) -> list[str]:
    """Words without case and accents, as search compares them."""
    return _WORD.findall(text.sorting_key(given))


def _terms(details: Details) -> tuple[str, ...]:
    said = " ".join(
        (
            details.display_name[:500],
            details.given_name[:500],
            details.family_name[:500],
            details.organisation[:500],
            details.title[:500],
            *(entry.value[:100] for entry in details.emails[:20]),
        )
    )
    numbers = ["".join(c for c in entry.value if c.isdigit())[:20] for entry in details.phones[:20]]
    words = [word[:40] for word in folded_words(said)]
    return tuple(dict.fromkeys(filter(None, (*words, *numbers))))[:MAX_TERMS]


def book_id_given(given: str) -> str:
    """An id that a URL can hold. Raises `InvalidInput`."""
    if not _BOOK_ID.fullmatch(given):
        raise InvalidInput("Not an id", fields={"id": "1 to 100 letters, digits, - _ . ~ and @"})
    return given


def resource_name_given(given: str) -> str:
    """A name within a book. Raises `InvalidInput`."""
    plain = unicodedata.normalize("NFC", given) == given and given.isprintable()
    if not 0 < len(given.encode()) <= MAX_RESOURCE_NAME or "/" in given or given in {".", ".."} or not plain:
        raise InvalidInput("Not a name of a contact", fields={"name": "1 to 200 octets, without / and controls"})
    return given


def properties_given(before: dict[str, str], new: dict[str, str], removed: Sequence[str]) -> dict[str, str]:
    """The properties after a change. Raises `InvalidInput` beyond the limits."""
    after = {name: value for name, value in {**before, **new}.items() if name not in removed}
    if len(after) > MAX_PROPERTIES or any(len(n) + len(v) > MAX_PROPERTY for n, v in after.items()):
        raise InvalidInput("Too many properties, or too large", fields={"properties": "50 of at most 4096 characters"})
    return after
