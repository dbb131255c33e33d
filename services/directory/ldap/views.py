"""Entries as LDAP shows them: an object of attributes, each made only when somebody asks for it."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Protocol

from ulid import ULID

from services.directory.domain.accounts import Account
from services.directory.domain.book import Book, BookUnit, Entry
from services.directory.ldap import schema
from services.directory.ldap.tree import InformationTree

Values = Sequence[str]


class View(Protocol):
    """An entry: its name, which attributes it may have, and their values; an absent one has none."""

    @property
    def name(self) -> str: ...
    @property
    def attributes(self) -> tuple[str, ...]: ...
    def values(self, attribute: str) -> Values: ...


def uuid_of(own_id: str) -> str:
    """A ULID as the UUID of the same 128 bits (RFC 4530): it stays when the name changes."""
    return str(uuid.UUID(bytes=ULID.from_str(own_id).bytes))


def id_of(entry_uuid: str) -> str:
    """The other way round; empty for what is none."""
    try:
        return str(ULID.from_bytes(uuid.UUID(entry_uuid).bytes))
    except ValueError:
        return ""


class PersonView:
    """A person; the staff number is there only for who may know it."""

    attributes = (
        "objectClass", "uid", "cn", "sn", "givenName", "displayName", "mail", "telephoneNumber", "mobile", "title",
        "ou", "o", "l", "departmentNumber", "employeeNumber", "employeeType", "preferredLanguage",
        "jpegPhoto", "entryUUID", "entryDN", "createTimestamp", "modifyTimestamp", "structuralObjectClass",
        "hasSubordinates", "subschemaSubentry", "memberOf",
    )  # fmt: skip

    __slots__ = ("_asking", "_book", "_groups", "_tree", "entry")

    def __init__(
        self, book: Book, tree: InformationTree, asking: Account, entry: Entry, groups: Callable[[Entry], Values]
    ) -> None:
        self._book, self._tree, self._asking = book, tree, asking
        self._groups = groups
        self.entry = entry

    @property
    def member_of(self) -> Values:
        return self._groups(self.entry)

    @property
    def name(self) -> str:
        return self._tree.name_of(self.entry)

    def values(self, attribute: str) -> Values:
        made = _PERSON.get(attribute)
        return made(self) if made is not None else ()

    @property
    def surname(self) -> str:
        """`sn` is not to be absent (RFC 4519 §3.12): where nobody said it, the last word of the name."""
        return self.entry.family_name or self.entry.display_name.rsplit(" ", 1)[-1]

    def unit_name(self, place: int) -> Values:
        path = self._book.path_of(self.entry.unit_path)
        return (path[place].name,) if path else ()

    @property
    def staff_number(self) -> Values:
        entry = self.entry
        if not entry.staff_number:
            return ()
        own = entry.id == self._asking.id or self._asking.administers(entry.unit_path)
        return (entry.staff_number,) if own else ()


def one(value: str) -> Values:
    return (value,) if value else ()


_PERSON: dict[str, Callable[[PersonView], Values]] = {
    "objectClass": lambda _: schema.PERSON_CLASSES,
    "uid": lambda view: (view.entry.address,),
    "cn": lambda view: (view.entry.display_name,),
    "sn": lambda view: (view.surname,),
    "givenName": lambda view: one(view.entry.given_name),
    "displayName": lambda view: (view.entry.display_name,),
    "mail": lambda view: (view.entry.address, *view.entry.aliases, *view.entry.functions),
    "telephoneNumber": lambda view: one(view.entry.phone),
    "mobile": lambda view: one(view.entry.mobile),
    "title": lambda view: one(view.entry.title),
    "ou": lambda view: view.unit_name(-1),
    "o": lambda view: view.unit_name(0),
    "l": lambda view: one(view.entry.place),
    "departmentNumber": lambda view: one(view.entry.unit_id),
    "employeeNumber": lambda view: view.staff_number,
    "employeeType": lambda view: one(view.entry.grade),
    "preferredLanguage": lambda view: one(view.entry.language),
    # Its etag: that there is one. The octets are read where they are asked for.
    "jpegPhoto": lambda view: one(view.entry.photo),
    "memberOf": lambda view: view.member_of,
    "entryUUID": lambda view: (uuid_of(view.entry.id),),
    "entryDN": lambda view: (view.name,),
    "createTimestamp": lambda view: (view.entry.created_at,),
    "modifyTimestamp": lambda view: (view.entry.changed_at,),
    "structuralObjectClass": lambda _: ("inetOrgPerson",),
    "hasSubordinates": lambda _: ("FALSE",),
    "subschemaSubentry": lambda _: (schema.SUBSCHEMA_NAME,),
}


class UnitView:
    """A ministry, directorate or office."""

    attributes = (
        "objectClass", "ou", "businessCategory", "entryUUID", "entryDN", "createTimestamp", "structuralObjectClass",
        "hasSubordinates", "subschemaSubentry",
    )  # fmt: skip

    __slots__ = ("_book", "_tree", "_unit")

    def __init__(self, book: Book, tree: InformationTree, unit: BookUnit) -> None:
        self._book, self._tree, self._unit = book, tree, unit

    @property
    def name(self) -> str:
        return self._tree.name_of_unit(self._unit.id)

    def values(self, attribute: str) -> Values:
        made = _UNIT.get(attribute)
        return made(self) if made is not None else ()

    @property
    def unit(self) -> BookUnit:
        return self._unit

    @property
    def has_below(self) -> bool:
        return bool(self._tree.children(self._unit.id) or self._book.members(self._unit.id))


_UNIT: dict[str, Callable[[UnitView], Values]] = {
    "objectClass": lambda _: schema.UNIT_CLASSES,
    "ou": lambda view: (view.unit.name,),
    "businessCategory": lambda view: (view.unit.kind,),
    "entryUUID": lambda view: (uuid_of(view.unit.id),),
    "entryDN": lambda view: (view.name,),
    "createTimestamp": lambda view: (made_at(view.unit.id),),
    "structuralObjectClass": lambda _: ("organizationalUnit",),
    "hasSubordinates": lambda view: ("TRUE" if view.has_below else "FALSE",),
    "subschemaSubentry": lambda _: (schema.SUBSCHEMA_NAME,),
}


def made_at(own_id: str) -> str:
    """When an id was given, which it tells itself."""
    return ULID.from_str(own_id).datetime.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


class FixedView:
    """An entry of values that are known beforehand: the root, the schema, the base."""

    __slots__ = ("_values", "name")

    def __init__(self, name: str, values: dict[str, tuple[str, ...]]) -> None:
        self.name = name
        self._values = values

    @property
    def attributes(self) -> tuple[str, ...]:
        return tuple(self._values)

    def values(self, attribute: str) -> Values:
        return self._values.get(attribute, ())
