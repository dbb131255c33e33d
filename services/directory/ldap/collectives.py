"""Groups and functions as LDAP shows them: `groupOfNames`, and `organizationalRole` with who holds it.

`member` has whom a group lists or whose grade and place its rule names, and the groups that it holds; `memberOf` of a
person the groups that it is in and those that hold these. Deeper nesting is followed by clients that want it.
"""

from collections.abc import Callable, Iterator

from services.directory.domain.accounts import Account
from services.directory.domain.book import Book, Collective, Collectives, Entry
from services.directory.domain.book.postings import bits_of, numbers_in
from services.directory.domain.groups import Group
from services.directory.ldap import names, schema
from services.directory.ldap.codec.filters import Present
from services.directory.ldap.evaluation import Bounds, Item
from services.directory.ldap.schema import AttributeType
from services.directory.ldap.shelves import at_most, by_words, exactly, value_of
from services.directory.ldap.tree import InformationTree, NoSuchObject, Place
from services.directory.ldap.views import Values, View, id_of, made_at, one, uuid_of

# Of a group of more people, by rule, no members are shown: nobody reads so many in one entry.
MOST_MEMBERS = 5_000


class Gathered:
    """Groups and functions with the people in them, as one account sees both."""

    def __init__(self, book: Book, tree: InformationTree, collectives: Collectives, asking: Account) -> None:
        self.book, self.tree, self.collectives, self.asking = book, tree, collectives, asking
        self.everything = collectives.seen_by(asking)

    def name_of(self, collective: Collective) -> str:
        # Titles repeat; the address of a function is its own.
        return f"{names.written('cn', collective.address or collective.name)},{self.above(collective)}"

    def above(self, collective: Collective) -> str:
        return self.tree.name_of_unit(collective.unit_path[-1] if collective.unit_path else "")

    def number_in(self, unit_id: str, value: str) -> int | None:
        """The number of the one of this name in a unit, if it is seen."""
        wanted = names.matched(value)
        for number in numbers_in(self.collectives.book.direct(unit_id) & self.everything):
            found = self.collectives.at(number)
            if found is not None and names.matched(found.address or found.name) == wanted:
                return number
        return None

    def seen(self, own_id: str) -> Collective | None:
        """One of an id, if it is seen."""
        number = self.collectives.book.number_of(own_id)
        return self.collectives.of(own_id) if number is not None and self.everything >> number & 1 else None

    def in_group(self, name: str) -> int:
        """Numbers of all that may be in the group of a name; nobody's when none of that name is seen."""
        try:
            node = self.tree.find(self.book, name, self.number_in)
        except (NoSuchObject, names.BadName):
            return 0
        found = self.collectives.at(node.number) if node.place is Place.COLLECTIVE else None
        return self.may_have(found.group) if found is not None and found.group is not None else 0

    def view(self, number: int) -> View | None:
        found = self.collectives.at(number)
        return CollectiveView(self, found) if found is not None else None

    def people_of(self, collective: Collective) -> Iterator[Entry]:
        """The listed people in a group or holding a function, of a group those of them that the asking one sees."""
        group = collective.group
        if group is None:
            standing = collective.function.standing if collective.function is not None else ()
            yield from self._entries(self.book.number_of(each) for each in standing)
            return
        for entry in self._entries(iter(numbers_in(self._bits(group)))):
            fits = group.rule is None or group.rule.fits(entry.grade, entry.place)
            if fits and self.asking.sees(entry.id, entry.unit_path):
                yield entry

    def may_have(self, group: Group) -> int:
        """Numbers of all that may be members, directly or by a group that it holds."""
        found = self._bits(group, most=len(self.book))
        for each in group.groups:
            held = self.collectives.of(each)
            if held is not None and held.group is not None:
                found |= self._bits(held.group, most=len(self.book))
        return found

    def groups_of(self, person: Entry) -> list[str]:
        """Names of the groups that a person is in, as far as both are seen."""
        if not self.asking.sees(person.id, person.unit_path):
            return []
        found = (self.seen(each) for each in self.collectives.holding(person))
        return sorted(self.name_of(each) for each in found if each is not None)

    def _bits(self, group: Group, most: int = MOST_MEMBERS) -> int:
        if group.rule is None:
            numbers = (self.book.number_of(each) for each in group.accounts)
            return bits_of(number for number in numbers if number is not None)
        unit_id = group.rule.unit_id
        bits = self.book.members(unit_id) if unit_id else self.book.everybody
        return bits if bits.bit_count() <= most else 0

    def _entries(self, numbers: Iterator[int | None]) -> Iterator[Entry]:
        rows = (self.book.row(number) for number in numbers if number is not None)
        yield from (row for row in rows if row is not None)

    # A shelf: `evaluation.Shelf`

    def bounds(self, item: Item, attribute: AttributeType) -> Bounds | None:
        name, value, index = attribute.name, value_of(item), self.collectives.book
        if name not in CollectiveView.attributes:
            return exactly(0)
        if name == "objectClass" and value is not None:
            wanted, functions = value.strip().lower(), self.everything & self.collectives.functions
            found = functions if wanted in _lower(schema.FUNCTION_CLASSES) else 0
            return exactly(found | (self.everything & ~functions if wanted in _lower(schema.GROUP_CLASSES) else 0))
        if name == "entryUUID" and value is not None:
            number = index.number_of(id_of(value))
            return exactly(self.everything & (1 << number) if number is not None else 0)
        if isinstance(item, Present):
            return exactly(self.everything) if name in {"objectClass", "cn", "entryUUID"} else None
        words = by_words(index.vocabulary, item, value) if name in {"cn", "mail"} else None
        return at_most(words & self.everything) if words is not None else None


class CollectiveView:
    """A group or a function; which attributes it has depends on which it is."""

    attributes = (
        "objectClass", "cn", "description", "mail", "ou", "o", "member", "roleOccupant", "entryUUID", "entryDN",
        "createTimestamp", "modifyTimestamp", "structuralObjectClass", "hasSubordinates", "subschemaSubentry",
    )  # fmt: skip

    __slots__ = ("collective", "gathered")

    def __init__(self, gathered: Gathered, collective: Collective) -> None:
        self.gathered, self.collective = gathered, collective

    @property
    def name(self) -> str:
        return self.gathered.name_of(self.collective)

    def values(self, attribute: str) -> Values:
        made = _VALUES.get(attribute)
        return made(self) if made is not None else ()

    @property
    def is_group(self) -> bool:
        return self.collective.group is not None

    def people(self) -> list[str]:
        return [self.gathered.tree.name_of(entry) for entry in self.gathered.people_of(self.collective)]

    def held(self) -> list[str]:
        """Names of the groups within a group."""
        group = self.collective.group
        found = [self.gathered.seen(each) for each in (group.groups if group is not None else ())]
        return [self.gathered.name_of(each) for each in found if each is not None]

    def unit_name(self, place: int) -> Values:
        path = self.gathered.book.path_of(self.collective.unit_path)
        return (path[place].name,) if path else ()

    @property
    def changed_at(self) -> str:
        kept = self.collective.group or self.collective.function
        return kept.changed_at.strftime("%Y%m%d%H%M%SZ") if kept is not None else ""


_VALUES: dict[str, Callable[[CollectiveView], Values]] = {
    "objectClass": lambda view: schema.GROUP_CLASSES if view.is_group else schema.FUNCTION_CLASSES,
    "cn": lambda view: tuple(filter(None, (view.collective.name, view.collective.address))),
    "description": lambda view: one(view.collective.group.description if view.collective.group is not None else ""),
    "mail": lambda view: one(view.collective.address),
    "ou": lambda view: view.unit_name(-1),
    "o": lambda view: view.unit_name(0),
    "member": lambda view: [*view.people(), *view.held()] if view.is_group else (),
    "roleOccupant": lambda view: () if view.is_group else view.people(),
    "entryUUID": lambda view: (uuid_of(view.collective.id),),
    "entryDN": lambda view: (view.name,),
    "createTimestamp": lambda view: (made_at(view.collective.id),),
    "modifyTimestamp": lambda view: one(view.changed_at),
    "structuralObjectClass": lambda view: ("groupOfNames" if view.is_group else "organizationalRole",),
    "hasSubordinates": lambda _: ("FALSE",),
    "subschemaSubentry": lambda _: (schema.SUBSCHEMA_NAME,),
}


def _lower(classes: tuple[str, ...]) -> set[str]:
    return {each.lower() for each in classes}
