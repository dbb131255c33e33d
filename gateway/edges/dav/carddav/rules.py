"""What CardDAV says of address books and what is in them: types, limits, the conditions that a refusal names."""

import re

from chassis.errors import AlreadyExists, InvalidInput, TooLarge, WorkspaceError
from gateway.edges.dav.carddav.conversion import VERSIONS
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.names import carddav
from gateway.edges.dav.writing import Live, element

_BEGIN = b"BEGIN:VCARD"
_VERSION = re.compile(rb"^VERSION[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_HEAD_OCTETS = 64 * 1024
SEGMENT = "addressbooks"
VCARD = "text/vcard; charset=utf-8"
# As clients of all ages name it; some name nothing.
TAKEN = frozenset({"", "text/vcard", "text/x-vcard", "text/directory", "application/octet-stream"})
LARGEST = 1024 * 1024
ADDRESS_BOOK = carddav("addressbook")
DESCRIPTION = carddav("addressbook-description")
SIZE_CONDITION = carddav("max-resource-size")


def supported() -> dict[str, Live]:
    """Of any address book (RFC 6352 §6.2)."""
    return {
        carddav("supported-address-data"): [
            element(carddav("address-data-type"), **{"content-type": "text/vcard", "version": version})
            for version in VERSIONS
        ],
        carddav("max-resource-size"): str(LARGEST),
        carddav("supported-collation-set"): [
            element(carddav("supported-collation"), name)
            for name in ("i;unicode-casemap", "i;ascii-casemap", "i;octet")
        ],
    }


def refused_card(error: WorkspaceError, href_of: str) -> WorkspaceError:
    """A refusal to keep a card, by the rule that it broke (RFC 6352 §6.3.2.1)."""
    if isinstance(error, AlreadyExists) and "uid" in error.fields:
        return DavError(409, error.detail, condition=carddav("no-uid-conflict"), hrefs=(href_of,))
    if isinstance(error, TooLarge):
        return DavError(403, error.detail, condition=SIZE_CONDITION)
    if isinstance(error, InvalidInput) and "vcard" in error.fields:
        return DavError(403, f"{error.detail}: {error.fields['vcard']}", condition=carddav("valid-address-data"))
    return error


def check_type(media_type: str) -> None:
    """Raises `DavError`."""
    if media_type not in TAKEN:
        raise DavError(403, "vCards are taken", condition=carddav("supported-address-data"))


def check_version(vcard: bytes) -> None:
    """A card of another version than is kept is told so, not that it is wrong. Raises `DavError`."""
    found = _VERSION.search(vcard[:_HEAD_OCTETS]) if vcard[:_HEAD_OCTETS].lstrip().upper().startswith(_BEGIN) else None
    if found is not None and found[1].strip().decode("latin-1") not in VERSIONS:
        taken = " and ".join(VERSIONS)
        raise DavError(403, f"vCards of version {taken} are taken", condition=carddav("supported-address-data"))


def check_asked(asked: Element) -> None:
    """What CR:address-data asks to be given as. Raises `DavError` (RFC 6352 §8.6)."""
    if asked.get("content-type", "text/vcard").lower() not in TAKEN:
        raise DavError(403, "Only vCards are given", condition=carddav("supported-address-data"))
    # One that is not named is the one that is kept, although RFC 6352 §10.4.2 has 3.0 by default: every client that
    # names none takes both, and octets stay what they were.
    if asked.get("version", "") not in ("", *VERSIONS):
        raise DavError(403, "vCards are given as 3.0 or 4.0", condition=carddav("supported-address-data"))
