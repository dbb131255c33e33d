"""People, units and single entries, each as a filter meets them: what their indexes know of an item."""

from collections.abc import Sequence
from typing import Protocol

from services.directory.domain.accounts import Account
from services.directory.domain.addresses import looked_up
from services.directory.domain.book import Book, Entry
from services.directory.domain.book.folding import words_of
from services.directory.domain.book.telephones import SHORTEST, digits_of
from services.directory.domain.book.vocabulary import Vocabulary
from services.directory.ldap import schema
from services.directory.ldap.codec.filters import Compares, Holds, Matches, Present
from services.directory.ldap.evaluation import Bounds, Item
from services.directory.ldap.schema import AttributeType
from services.directory.ldap.tree import InformationTree
from services.directory.ldap.views import PersonView, UnitView, Values, View, id_of

# Whose values' words are in the book's vocabulary.
_WORDS = frozenset({"cn", "displayName", "sn", "givenName", "title", "ou", "o", "mail", "uid"})
_ADDRESSES = frozenset({"mail", "uid"})
_OPTIONAL = {
    "givenName": "given_name", "title": "title", "employeeType": "grade", "l": "place", "telephoneNumber": "phone",
    "mobile": "mobile", "preferredLanguage": "language", "jpegPhoto": "photo",
}  # fmt: skip


def exactly(found: int) -> Bounds:
    return Bounds(found, found, True)


def at_most(found: int) -> Bounds:
    return Bounds(found, 0, False)


def value_of(item: Item) -> str | None:
    """What an item asserts to be equal; None for one of another kind."""
    if isinstance(item, Matches):
        return None if item.dn else item.value
    return item.value if isinstance(item, Compares) and item.how == "=" else None


class Memberships(Protocol):
    """What the people of the book are in, as one who asks may see it."""

    def groups_of(self, person: Entry) -> Values:
        """Names of a person's groups."""
        ...

    def in_group(self, name: str) -> int:
        """Numbers of all that may be in the group of a name; nobody's when there is none."""
        ...


class PeopleShelf:
    """The people of the book, as one who asks may see them."""

    def __init__(self, book: Book, tree: InformationTree, asking: Account, groups: Memberships) -> None:
        self._book, self._tree, self._asking = book, tree, asking
        self._groups = groups
        self.everything = book.everybody

    def view(self, number: int) -> View | None:
        row = self._book.row(number)
        if row is None:
            return None
        return PersonView(self._book, self._tree, self._asking, row, self._groups.groups_of)

    def bounds(self, item: Item, attribute: AttributeType) -> Bounds | None:
        name = attribute.name
        if name not in PersonView.attributes:
            return exactly(0)
        if isinstance(item, Present):
            return self._present(name)
        value = value_of(item)
        if value is not None and name in _EXACT and (known := self._exact(name, value)) is not None:
            return known
        if name == "memberOf" and value is not None:
            return at_most(self._groups.in_group(value) & self.everything)
        found = self._by_words(item, name, value)
        return at_most(found & self.everything) if found is not None else None

    def _present(self, name: str) -> Bounds | None:
        if name in {"employeeNumber", "memberOf"}:
            return None
        if name in _OPTIONAL:
            return exactly(self._book.having(_OPTIONAL[name]))
        if name in {"ou", "o", "departmentNumber"}:
            return exactly(self.everything & ~self._book.direct(""))
        return exactly(self.everything)

    def _exact(self, name: str, value: str) -> Bounds | None:
        if name == "objectClass":
            classes = {each.lower() for each in schema.PERSON_CLASSES}
            return exactly(self.everything if value.strip().lower() in classes else 0)
        if name == "departmentNumber":
            return exactly(self._book.direct(value.strip().upper()) if value.strip() else 0)
        if name == "entryUUID":
            number = self._book.number_of(id_of(value))
        else:
            spelling = looked_up(value)
            number = self._book.by_address(spelling) if spelling else None
            if name == "mail" and number is None:
                # Of a function, it may be: that is several people's.
                return None
            if name == "uid" and number is not None and self._book.entry(number).address != spelling:
                number = None
        return exactly(1 << number if number is not None else 0)

    def _by_words(self, item: Item, name: str, value: str | None) -> int | None:
        if name in {"telephoneNumber", "mobile"}:
            digits = value if value is not None else item.initial if isinstance(item, Holds) else ""
            if len(digits_of(digits)) < SHORTEST:
                return None
            # Whether 228 is the country's code or a number's own beginning, a beginning does not tell.
            return self._book.telephones.beginning(digits) | self._book.telephones.beginning(f"+{digits}")
        if name not in _WORDS:
            return None
        return by_words(self._book.vocabulary, item, value)


_EXACT = frozenset({"objectClass", "departmentNumber", "entryUUID", "mail", "uid"})


def by_words(vocabulary: Vocabulary, item: Item, value: str | None) -> int | None:
    """Who has the words that a value must have; None when an item says nothing of any word."""
    sets: list[int] = []
    if value is not None:
        sets = [vocabulary.exactly(word) for word in words_of(value)]
    elif isinstance(item, Holds):
        initial = words_of(item.initial)
        if initial:
            sets.append(vocabulary.beginning(initial[0]))
        # The first word of a beginning has been looked up.
        for words in (initial[1:], *map(words_of, item.parts), words_of(item.final)):
            if longest := max(words, key=len, default=""):
                sets.append(vocabulary.holding(longest))
    elif isinstance(item, Compares) and item.how == "~=":
        sets = [vocabulary.beginning(word) | vocabulary.similar(word) for word in words_of(item.value)]
    if not sets:
        return None
    found = sets[0]
    for each in sets[1:]:
        found &= each
    return found


class UnitShelf:
    """The units of the tree."""

    def __init__(self, book: Book, tree: InformationTree) -> None:
        self._book, self._tree = book, tree
        self.everything = tree.everything

    def view(self, number: int) -> View | None:
        return UnitView(self._book, self._tree, self._tree.units[number])

    def bounds(self, item: Item, attribute: AttributeType) -> Bounds | None:
        name, value = attribute.name, value_of(item)
        if name not in UnitView.attributes:
            return exactly(0)
        if isinstance(item, Present):
            return exactly(self.everything)
        if name == "objectClass" and value is not None:
            classes = {each.lower() for each in schema.UNIT_CLASSES}
            return exactly(self.everything if value.strip().lower() in classes else 0)
        if name == "entryUUID" and value is not None:
            number = self._tree.number_of(id_of(value))
            return exactly(1 << number if number is not None else 0)
        found = by_words(self._tree.vocabulary, item, value) if name == "ou" else None
        return at_most(found) if found is not None else None


class Single:
    """Entries that stand alone: the root, the schema, the base."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views
        self.everything = (1 << len(views)) - 1

    def view(self, number: int) -> View | None:
        return self._views[number]

    def bounds(self, item: Item, attribute: AttributeType) -> Bounds | None:  # noqa: ARG002 - there is no index
        return None
