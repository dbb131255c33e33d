"""Groups and functions in the address book: found by the same index as people, whose members the book knows."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.directory.domain.accounts import Account
from services.directory.domain.book.book import Book, BookUnit
from services.directory.domain.book.entry import Entry
from services.directory.domain.book.postings import bits_of
from services.directory.domain.functions import Function
from services.directory.domain.groups import Group

FUNCTION, GROUP = "function", "group"


@dataclass(frozen=True)
class Collective:
    """A function or a group, by its kind; the other one is None. `unit_path` as of the tree at hand."""

    unit_path: tuple[str, ...]
    function: Function | None = None
    group: Group | None = None

    @property
    def id(self) -> str:
        return self.function.id if self.function is not None else self.group.id if self.group is not None else ""

    @property
    def kind(self) -> str:
        return FUNCTION if self.function is not None else GROUP

    @property
    def name(self) -> str:
        return self.function.title if self.function is not None else self.group.name if self.group is not None else ""

    @property
    def address(self) -> str:
        return self.function.address if self.function is not None else ""

    def entry(self) -> Entry:
        """By what it is found: its name, its address, its units."""
        bare = dict.fromkeys(Entry._fields, "")
        known = {"id": self.id, "address": self.address, "display_name": self.name, "unit_path": self.unit_path}
        return Entry(**{**bare, "aliases": (), "functions": (), **known})  # type: ignore[arg-type]


class Collectives:
    """All of them that no unit hides. Kept by `put` and `drop`; built anew when units change."""

    def __init__(self, units: Iterable[BookUnit] = (), kept: Iterable[Collective] = ()) -> None:
        self._kept = {each.id: each for each in kept}
        self._holders: dict[str, set[str]] = {}
        self._listing: dict[str, set[str]] = {}
        self._ruled: dict[str, set[str]] = {}
        for each in self._kept.values():
            self._tie(each)
        self.book = Book(units, [each.entry().packed() for each in self._kept.values()])
        # Numbers of the functions.
        self.functions = bits_of(number for each in self._kept.values() for number in self._numbered(each))

    def __len__(self) -> int:
        return len(self.book)

    def put(self, each: Collective) -> None:
        self.drop(each.id)
        self._kept[each.id] = each
        self._tie(each)
        self.book.put(each.entry())
        for number in self._numbered(each):
            self.functions |= 1 << number

    def drop(self, own_id: str) -> None:
        before = self._kept.pop(own_id, None)
        if before is not None:
            for index, keys in self._ties(before):
                for key in keys:
                    index[key].discard(own_id)
            self.book.drop(own_id)

    def rebuilt(self) -> "Collectives":
        """The same, numbered in the names' order again."""
        return Collectives(self.book.units.values(), self._kept.values())

    def of(self, own_id: str) -> Collective | None:
        return self._kept.get(own_id)

    def at(self, number: int) -> Collective | None:
        """The one of a number; None when it has gone."""
        return self._kept.get(self.book.id_of(number)) if self.book.row(number) is not None else None

    def seen_by(self, asking: Account) -> int:
        """Numbers of those that an account sees: every function, and the groups of the units that it sees: those of its
        ministry and of its roles, those on the way to them, and the whole administration's."""
        book = self.book
        if asking.is_national():
            return book.everybody
        found = (self.functions & book.everybody) | book.direct("")
        if asking.unit_path:
            found |= book.members(asking.unit_path[0])
        for grant in asking.roles:
            if grant.unit_path:
                found |= book.members(grant.unit_id)
                for way in grant.unit_path:
                    found |= book.direct(way)
        return found

    def holding(self, person: Entry) -> set[str]:
        """Ids of the groups that a person is in: that list it or whose rule it fits, and those that hold such a one
        directly. Deeper nesting is not followed."""
        own = set(self._listing.get(person.id, ()))
        for unit_id in ("", *person.unit_path):
            for group_id in self._ruled.get(unit_id, ()):
                group = self._kept[group_id].group
                if group is not None and group.rule is not None and group.rule.fits(person.grade, person.place):
                    own.add(group_id)
        return own.union(*(self._holders.get(each, ()) for each in own)) if own else own

    def _numbered(self, each: Collective) -> list[int]:
        """The number of a function that is shown."""
        number = self.book.number_of(each.id) if each.kind == FUNCTION else None
        return [number] if number is not None else []

    def _tie(self, each: Collective) -> None:
        for index, keys in self._ties(each):
            for key in keys:
                index.setdefault(key, set()).add(each.id)

    def _ties(self, each: Collective) -> list[tuple[dict[str, set[str]], tuple[str, ...]]]:
        if each.group is None:
            return []
        ruled = (each.group.rule.unit_id,) if each.group.rule is not None else ()
        return [(self._listing, each.group.accounts), (self._holders, each.group.groups), (self._ruled, ruled)]
