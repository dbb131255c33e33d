"""The book itself: entries by number, the words and units by which they are found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.directory.domain.book.entry import Entry, name_in, same, unpacked
from services.directory.domain.book.folding import known_words
from services.directory.domain.book.postings import Posting, bits_of, numbers_in
from services.directory.domain.book.telephones import Telephones
from services.directory.domain.book.vocabulary import Vocabulary
from services.directory.domain.text import sorting_key

# Entries that came since the numbers were given in the names' order, or went: then they are given anew.
_UNORDERED = 2000
# Units whose people are remembered as one set: those around who asks, 9 KB each.
_GATHERED = 500
# What not everybody has.
OPTIONAL = ("given_name", "family_name", "title", "grade", "place", "phone", "mobile", "language", "photo")


@dataclass(frozen=True)
class BookUnit:
    """A unit as the book needs it; `path` holds the ids from the root to itself."""

    id: str
    name: str
    kind: str
    path: tuple[str, ...]
    hidden: bool = False


class Book:
    """Built from packed entries in any order, then kept by `put` and `drop`. Numbers are never given twice."""

    def __init__(self, units: Iterable[BookUnit] = (), rows: Iterable[bytes] = ()) -> None:
        self.units = {unit.id: unit for unit in units}
        # Grows with every change of a unit, for whoever keeps something made of them.
        self.units_generation = 0
        self.vocabulary = Vocabulary()
        self.telephones = Telephones()
        self._rows: list[bytes] = []
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}
        self._addresses: dict[str, int] = {}
        self._members: dict[str, Posting] = {}
        self._direct: dict[str, Posting] = {}
        self._having: dict[str, Posting] = {field: Posting() for field in OPTIONAL}
        self._gathered: dict[str, int] = {}
        self._living = bytearray()
        # The same as an integer, while nobody comes or goes: whoever searches asks for it.
        self._everybody: int | None = None
        # Of those numbered since the last ordering only.
        self._keys: list[str] = []
        self.ordered = 0
        self._gone = 0
        concealing = {unit.id for unit in self.units.values() if self.conceals(unit.path)}
        titles: dict[str, list[int]] = {}
        for _, row in sorted((sorting_key(name_in(row)), row) for row in rows):
            entry = unpacked(row)
            if concealing.isdisjoint(entry.unit_path):
                titles.setdefault(entry.title, []).append(len(self._rows))
                self._take(entry, bulk=True)
        self._join_shared(titles)
        self.vocabulary.settle()
        self.telephones.settle()
        self.ordered = len(self._rows)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def everybody(self) -> int:
        if self._everybody is None:
            self._everybody = int.from_bytes(self._living, "little")
        return self._everybody

    @property
    def wants_order(self) -> bool:
        """Whether enough has changed to build it anew."""
        return len(self._keys) + self._gone > max(_UNORDERED, len(self._numbers) // 8)

    def put(self, entry: Entry) -> bool:
        """Take in an entry, or what changed of it; False when nothing did."""
        before = self._numbers.get(entry.id)
        if not self.shown(entry):
            return self.drop(entry.id)
        if before is not None:
            row = entry.packed()
            if same(self._rows[before], row):
                self._rows[before] = row
                return False
            self._forget(before)
        self._take(entry, bulk=False)
        self._keys.append(entry.sorting_key)
        return True

    def drop(self, account_id: str) -> bool:
        """Take out an account's entry; False when there was none."""
        number = self._numbers.get(account_id)
        if number is None:
            return False
        self._forget(number)
        return True

    def put_unit(self, unit: BookUnit) -> list[Entry]:
        """Take in a unit; the entries of it that have to be put again, as they are found by its name."""
        before = self.units.get(unit.id)
        self.units[unit.id] = unit
        if before == unit:
            return []
        self.units_generation += 1
        return self._leaving(unit.id)

    def _leaving(self, unit_id: str) -> list[Entry]:
        affected = [self.entry(number) for number in numbers_in(self.members(unit_id))]
        for entry in affected:
            self.drop(entry.id)
        return affected

    def drop_unit(self, unit_id: str) -> list[Entry]:
        """Take out a unit; the entries of it that have to be put elsewhere."""
        if self.units.pop(unit_id, None) is None:
            return []
        self.units_generation += 1
        return self._leaving(unit_id)

    def shown(self, entry: Entry) -> bool:
        """Whether no unit above hides it."""
        return not self.conceals(entry.unit_path)

    def conceals(self, unit_path: Sequence[str]) -> bool:
        """Whether a unit of a path hides who stands there."""
        return any(unit.hidden for unit in self.path_of(unit_path))

    def path_of(self, unit_path: Sequence[str]) -> list[BookUnit]:
        """The units of a path that are known, from the root."""
        return [self.units[each] for each in unit_path if each in self.units]

    def entry(self, number: int) -> Entry:
        return unpacked(self._rows[number])

    def row(self, number: int) -> Entry | None:
        """The entry of a number; None when it has gone."""
        packed = self._rows[number] if number < len(self._rows) else b""
        return unpacked(packed) if packed else None

    def number_of(self, account_id: str) -> int | None:
        return self._numbers.get(account_id)

    def by_address(self, address: str) -> int | None:
        """Whose address it is, primary or alias, in its one spelling."""
        return self._addresses.get(address)

    def members(self, unit_id: str) -> int:
        """Who stands in a unit or below it."""
        known = self._gathered.get(unit_id)
        if known is None:
            found = self._members.get(unit_id)
            known = found.bits() & self.everybody if found is not None else 0
            if len(self._gathered) >= _GATHERED:
                self._gathered.clear()
            self._gathered[unit_id] = known
        return known

    def direct(self, unit_id: str) -> int:
        """Who stands in the unit itself; under the empty id, who stands in none."""
        found = self._direct.get(unit_id)
        return found.bits() & self.everybody if found is not None else 0

    def having(self, field: str) -> int:
        """Of whom something optional is known."""
        return self._having[field].bits() & self.everybody

    def id_of(self, number: int) -> str:
        return self._ids[number]

    def rows(self) -> list[bytes]:
        """Everybody, packed: what the book is built of anew."""
        return [row for row in self._rows if row]

    def key(self, number: int) -> str:
        """The sorting key of one numbered since the last ordering."""
        return self._keys[number - self.ordered]

    def _take(self, entry: Entry, *, bulk: bool) -> None:
        self._gathered.clear()
        number = len(self._rows)
        self._rows.append(entry.packed())
        self._ids.append(entry.id)
        self._numbers[entry.id] = number
        for address in (entry.address, *entry.aliases):
            self._addresses[address] = number
        if number >> 3 >= len(self._living):
            self._living.extend(bytes(1024))
        self._living[number >> 3] |= 1 << (number & 7)
        self._everybody = None
        for field, having in self._having.items():
            if getattr(entry, field):
                having.add(number)
        for telephone in (entry.phone, entry.mobile):
            self.telephones.add(telephone, number, bulk=bulk)
        _posting(self._direct, entry.unit_id).add(number)
        for unit_id in entry.unit_path:
            _posting(self._members, unit_id).add(number)
        words = dict.fromkeys(entry.own_words())
        if not bulk:
            names = (entry.title, *(unit.name for unit in self.path_of(entry.unit_path)))
            words.update(dict.fromkeys(word for name in names for word in known_words(name)))
        self.vocabulary.add(words, number, bulk=bulk)

    def _join_shared(self, titles: dict[str, list[int]]) -> None:
        """What many have alike, their units' names and their titles, once for all of them."""
        of: dict[str, int] = {}
        texts = [(title, bits_of(numbers)) for title, numbers in titles.items()]
        texts += [(self.units[each].name, found.bits()) for each, found in self._members.items() if each in self.units]
        for text, bits in texts:
            for word in known_words(text):
                of[word] = of.get(word, 0) | bits
        for word, bits in of.items():
            self.vocabulary.join([word], bits)

    def _forget(self, number: int) -> None:
        entry = self.entry(number)
        self._gathered.clear()
        del self._numbers[entry.id]
        for address in (entry.address, *entry.aliases):
            if self._addresses.get(address) == number:
                del self._addresses[address]
        self._living[number >> 3] &= ~(1 << (number & 7)) & 0xFF
        self._everybody = None
        self._rows[number] = b""
        self._gone += 1


def _posting(among: dict[str, Posting], key: str) -> Posting:
    found = among.get(key)
    if found is None:
        found = among[key] = Posting()
    return found
