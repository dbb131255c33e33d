"""Where a name leads, and the sets of entries that a scope takes in."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.directory.domain.accounts import Account
from services.directory.domain.book import Book
from services.directory.ldap import names, schema
from services.directory.ldap.codec import responses
from services.directory.ldap.codec.requests import BASE, ONE_LEVEL, PAGED_RESULTS, SORT
from services.directory.ldap.collectives import CollectiveView, Gathered
from services.directory.ldap.evaluation import Shelf
from services.directory.ldap.operations.extended import EXTENSIONS, START_TLS
from services.directory.ldap.ports import Options
from services.directory.ldap.session import Refused, Session
from services.directory.ldap.shelves import PeopleShelf, Single, UnitShelf
from services.directory.ldap.tree import InformationTree, Node, NoSuchObject, Place
from services.directory.ldap.views import FixedView, View

# True and false filters (RFC 4526), all operational attributes (RFC 3673).
_FEATURES = ("1.3.6.1.4.1.4203.1.5.3", "1.3.6.1.4.1.4203.1.5.1")
ADMINISTRATION = "Administration publique du Togo"


def root_of(options: Options, *, secure: bool) -> View:
    """The root DSE (RFC 4512 §5.1), which anybody may read."""
    offered = tuple(oid for oid in EXTENSIONS if oid != START_TLS or (options.starttls and not secure))
    values = {
        "objectClass": ("top",),
        "namingContexts": (options.base,),
        "subschemaSubentry": (schema.SUBSCHEMA_NAME,),
        "supportedLDAPVersion": ("3",),
        "supportedControl": (PAGED_RESULTS, SORT),
        "supportedExtension": offered,
        "supportedFeatures": _FEATURES,
        "vendorName": (ADMINISTRATION,),
    }
    if secure or options.plain_login:
        values["supportedSASLMechanisms"] = ("PLAIN",)
    return FixedView("", values)


SCHEMA_VIEW: View = FixedView(schema.SUBSCHEMA_NAME, schema.SUBSCHEMA)


@dataclass(frozen=True)
class Directory:
    """The book and its tree, as one account sees them."""

    book: Book
    tree: InformationTree
    account: Account
    gathered: Gathered

    @property
    def people(self) -> PeopleShelf:
        return PeopleShelf(self.book, self.tree, self.account, self.gathered)

    @property
    def units(self) -> UnitShelf:
        return UnitShelf(self.book, self.tree)

    @property
    def base(self) -> View:
        part = names.parse(self.tree.base)[0]
        values = {
            "objectClass": schema.BASE_CLASSES,
            part.keyword: (part.value,),
            "o": (ADMINISTRATION,),
            "entryDN": (self.tree.base,),
            "structuralObjectClass": ("organization",),
            "hasSubordinates": ("TRUE",),
            "subschemaSubentry": (schema.SUBSCHEMA_NAME,),
        }
        return FixedView(self.tree.base, values)

    def view(self, node: Node) -> View | None:
        """The entry itself."""
        if node.place is Place.PERSON:
            return self.people.view(node.number)
        if node.place is Place.COLLECTIVE:
            return self.gathered.view(node.number)
        return self.units.view(node.number) if node.place is Place.UNIT else self.base


def seen_by(session: Session) -> Directory:
    """Raises `Refused` for who has not bound, or while the book is being read."""
    if session.account is None:
        raise Refused(responses.INSUFFICIENT_ACCESS, "Bind first; anybody may read the root and the schema alone")
    book = session.opened()
    if book is None:
        raise Refused(responses.BUSY, "The address book is being read")
    tree, account = session.trees.of(book), session.account
    return Directory(book, tree, account, Gathered(book, tree, session.collectives(), account))


def found(directory: Directory, name: str) -> Node:
    """What a name leads to. Raises `Refused`."""
    try:
        return directory.tree.find(directory.book, name, directory.gathered.number_in)
    except NoSuchObject as error:
        raise Refused(responses.NO_SUCH_OBJECT, matched=error.matched) from error
    except names.BadName as error:
        raise Refused(responses.INVALID_DN, str(error)) from error


def taken_in(directory: Directory, node: Node, scope: int) -> Iterator[tuple[Shelf, int]]:
    """The shelves that a scope reaches, and who of each: what stands above first."""
    if scope == BASE:
        if node.place is Place.PERSON:
            yield directory.people, 1 << node.number
        elif node.place is Place.COLLECTIVE:
            yield directory.gathered, 1 << node.number
        elif node.place is Place.UNIT:
            yield directory.units, 1 << node.number
        else:
            yield Single([directory.base]), 1
        return
    if node.place in (Place.PERSON, Place.COLLECTIVE):
        if scope != ONE_LEVEL:
            yield directory.people if node.place is Place.PERSON else directory.gathered, 1 << node.number
        return
    index, seen = directory.gathered.collectives.book, directory.gathered.everything
    unit_id = directory.tree.units[node.number].id if node.place is Place.UNIT else ""
    if scope == ONE_LEVEL:
        # Below the root itself stands the base alone.
        if node.place is Place.ROOT:
            yield Single([directory.base]), 1
            return
        yield directory.units, directory.tree.children(unit_id)
        yield directory.people, directory.book.direct(unit_id)
        yield directory.gathered, index.direct(unit_id) & seen
        return
    if node.place is not Place.UNIT:
        yield Single([directory.base]), 1
    yield directory.units, directory.tree.below(unit_id) if unit_id else directory.tree.everything
    yield directory.people, directory.book.members(unit_id) if unit_id else directory.book.everybody
    yield directory.gathered, index.members(unit_id) & seen if unit_id else seen


def ids_of(directory: Directory, shelf: Shelf, number: int) -> str:
    """By which an entry is found again on a later page; the base is "."."""
    if isinstance(shelf, PeopleShelf):
        return directory.book.id_of(number)
    if isinstance(shelf, Gathered):
        return shelf.collectives.book.id_of(number)
    return directory.tree.units[number].id if isinstance(shelf, UnitShelf) else "."


def again(directory: Directory, own_id: str) -> View | None:
    """The entry of such an id; None when it has gone."""
    if own_id == ".":
        return directory.base
    number = directory.book.number_of(own_id)
    if number is not None:
        return directory.people.view(number)
    collective = directory.gathered.seen(own_id)
    if collective is not None:
        return CollectiveView(directory.gathered, collective)
    number = directory.tree.number_of(own_id)
    return directory.units.view(number) if number is not None else None
