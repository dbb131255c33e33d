"""The units as a tree of names below the base, and the way from a name to what it names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from services.directory.domain.addresses import looked_up
from services.directory.domain.book import Book, BookUnit, Entry
from services.directory.domain.book.folding import known_words
from services.directory.domain.book.postings import Posting
from services.directory.domain.book.vocabulary import Vocabulary
from services.directory.ldap import names
from services.directory.ldap.schema import SUBSCHEMA_NAME


class Place(Enum):
    """What a name names."""

    ROOT = auto()
    SCHEMA = auto()
    BASE = auto()
    UNIT = auto()
    PERSON = auto()
    COLLECTIVE = auto()


@dataclass(frozen=True)
class Node:
    """What a name names; `number` is of a unit here, or of a person or a collective in its book."""

    place: Place
    number: int = -1


class NoSuchObject(Exception):
    """There is nothing of this name; `matched` is the name of the nearest above it that there is."""

    def __init__(self, matched: str) -> None:
        super().__init__(matched)
        self.matched = matched


Keys = tuple[tuple[str, str], ...]


class InformationTree:
    """Of one generation of a book's units. Units are numbered in the names' order, as people are in the book."""

    def __init__(self, book: Book, base: str) -> None:
        self.base = ",".join(names.written(part.keyword, part.value) for part in names.parse(base))
        self._suffix = names.keys(names.parse(base))
        shown = [unit for unit in book.units.values() if not any(each.hidden for each in book.path_of(unit.path))]
        self.units: list[BookUnit] = sorted(shown, key=lambda unit: (names.matched(unit.name), unit.id))
        self._numbers = {unit.id: number for number, unit in enumerate(self.units)}
        self._names = {unit.id: self._written(book, unit) for unit in self.units}
        self._by_keys = {self._keys(book, unit): number for number, unit in enumerate(self.units)}
        self._below: dict[str, Posting] = {}
        self._children: dict[str, Posting] = {}
        self.vocabulary = Vocabulary()
        for number, unit in enumerate(self.units):
            self.vocabulary.add(dict.fromkeys(known_words(unit.name)), number, bulk=True)
            for above in unit.path:
                self._below.setdefault(above, Posting()).add(number)
            parent = unit.path[-2] if len(unit.path) > 1 else ""
            self._children.setdefault(parent, Posting()).add(number)
        self.vocabulary.settle()
        self.everything = (1 << len(self.units)) - 1

    def _written(self, book: Book, unit: BookUnit) -> str:
        above = reversed(book.path_of(unit.path))
        return ",".join((*(names.written("ou", each.name) for each in above), self.base))

    def _keys(self, book: Book, unit: BookUnit) -> Keys:
        return tuple(("ou", names.matched(each.name)) for each in book.path_of(unit.path))

    def below(self, unit_id: str) -> int:
        """The unit and all units below it."""
        found = self._below.get(unit_id)
        return found.bits() if found is not None else 0

    def children(self, unit_id: str) -> int:
        """The units directly below one; under the empty id, those at the root."""
        found = self._children.get(unit_id)
        return found.bits() if found is not None else 0

    def number_of(self, unit_id: str) -> int | None:
        return self._numbers.get(unit_id)

    def name_of_unit(self, unit_id: str) -> str:
        return self._names.get(unit_id, self.base)

    def name_of(self, entry: Entry) -> str:
        return f"{names.written('uid', entry.address)},{self.name_of_unit(entry.unit_id)}"

    def find(self, book: Book, name: str, collective: Callable[[str, str], int | None]) -> Node:
        """Raises `NoSuchObject`, and `names.BadName` for what is no name.

        `collective` gives the number of a group or function of a name in a unit, if whoever asks sees it.
        """
        parts = names.parse(name)
        if not parts:
            return Node(Place.ROOT)
        keys = names.keys(parts)
        if keys == (("cn", SUBSCHEMA_NAME.partition("=")[2].lower()),):
            return Node(Place.SCHEMA)
        if keys[: len(self._suffix)] != self._suffix:
            raise NoSuchObject("")
        inner = keys[len(self._suffix) :]
        if not inner:
            return Node(Place.BASE)
        if inner in self._by_keys:
            return Node(Place.UNIT, self._by_keys[inner])
        if inner[-1][0] == "uid":
            number = self._person(book, parts[0].value)
            if number is not None and self._above(book, number) == inner[:-1]:
                return Node(Place.PERSON, number)
        if inner[-1][0] == "cn" and (not inner[:-1] or inner[:-1] in self._by_keys):
            unit_id = self.units[self._by_keys[inner[:-1]]].id if inner[:-1] else ""
            number = collective(unit_id, parts[0].value)
            if number is not None:
                return Node(Place.COLLECTIVE, number)
        raise NoSuchObject(self._nearest(inner))

    def _person(self, book: Book, address: str) -> int | None:
        spelling = looked_up(address)
        number = book.by_address(spelling) if spelling else None
        return number if number is not None and book.entry(number).address == spelling else None

    def _above(self, book: Book, number: int) -> Keys:
        path = book.path_of(book.entry(number).unit_path)
        return tuple(("ou", names.matched(unit.name)) for unit in path)

    def _nearest(self, inner: Keys) -> str:
        for depth in range(len(inner) - 1, 0, -1):
            number = self._by_keys.get(inner[:depth])
            if number is not None:
                return self.name_of_unit(self.units[number].id)
        return self.base


def leaf_address(name: str) -> str:
    """The address that a bind's name speaks of: itself, or the uid or mail of the innermost part of a name.

    A person's name in the tree changes with the unit; whoever binds is known by the address, wherever it stands.
    """
    if "=" not in name:
        return name
    parts: Sequence[names.Part] = names.parse(name)
    return parts[0].value if parts and parts[0].keyword in {"uid", "mail"} else ""
