"""Words and who has them: by the whole word, by its beginning, by a part of it, by one that is nearly it."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from services.directory.domain.book.postings import Posting, union
from services.directory.domain.book.spellings import Spellings

# Beginnings that so many words have that they are kept as sets of their own.
_KEPT_HEADS = (1, 2, 3)
_LAST = "\U0010ffff"
_REMEMBERED = 4096


def edits_allowed(word: str) -> int:
    """How many letters may be wrong: a transposition is one mistake. None where digits are: each counts."""
    if not word.isalpha() or len(word) < 4:
        return 0
    return 1 if len(word) < 8 else 2


class Vocabulary:
    """Words only come; who has left is masked by whoever asks."""

    def __init__(self) -> None:
        self._sets: dict[str, int | Posting] = {}
        self._heads: dict[str, Posting] = {}
        self._sorted: list[str] = []
        # Words of letters alone: only those may be meant by a near miss.
        self._spelled = Spellings()
        self._settled = True
        self._similar = lru_cache(maxsize=_REMEMBERED)(self._find_similar)
        self._text = ""

    def __len__(self) -> int:
        return len(self._sets)

    def add(self, words: Iterable[str], number: int, *, bulk: bool = False) -> None:
        """Each word once. `bulk`: many more follow, and `settle` comes before any question."""
        if bulk:
            self._settled = False
            for word in words:
                self._put(word, number)
            return
        heads: set[str] = set()
        for word in words:
            if self._put(word, number):
                self._new(word)
            heads.update(word[:size] for size in _KEPT_HEADS)
        for head in heads:
            _posting(self._heads, head).add(number)

    def join(self, words: Iterable[str], bits: int) -> None:
        """The same in bulk of words that a whole set of numbers has."""
        self._settled = False
        for word in words:
            before = self._sets.get(word)
            self._sets[word] = Posting.of(bits if before is None else bits | union([before]))

    def _put(self, word: str, number: int) -> bool:
        """Whether the word is new."""
        found = self._sets.get(word)
        if found is None:
            self._sets[word] = number
            return True
        if isinstance(found, int):
            several = self._sets[word] = Posting()
            several.add(found)
            several.add(number)
        else:
            found.add(number)
        return False

    def _new(self, word: str) -> None:
        insort(self._sorted, word)
        self._text = ""
        if word.isalpha():
            self._spelled.add(word)
            self._similar.cache_clear()

    def settle(self) -> None:
        """Put what came in bulk in order."""
        if self._settled:
            return
        self._sorted = sorted(self._sets)
        self._spelled = Spellings()
        for word in filter(str.isalpha, self._sorted):
            self._spelled.add(word)
        self._heads = {}
        for size in _KEPT_HEADS:
            for head, words in groupby(self._sorted, lambda word: word[:size]):  # noqa: B023 - used up at once
                # A word shorter than that stands under itself already.
                if len(head) == size:
                    self._heads[head] = Posting.of(union([self._sets[word] for word in words]))
        self._settled = True
        self._text = ""
        self._similar.cache_clear()

    def exactly(self, word: str) -> int:
        found = self._sets.get(word)
        return 0 if found is None else union([found])

    def beginning(self, head: str) -> int:
        """Who has a word that begins so, or is it."""
        kept = self._heads.get(head)
        if kept is not None:
            return kept.bits()
        return union(self._sets[word] for word in self._from(head))

    def holding(self, part: str) -> int:
        """Who has a word that holds these letters anywhere."""
        return union(self._sets[word] for word in self._with(part))

    def similar(self, word: str) -> int:
        """Who has a word that is this one but for a mistake or two, or begins like that."""
        return union(self._sets[each] for each in self._similar(word))

    def _from(self, head: str) -> list[str]:
        first = bisect_left(self._sorted, head)
        return self._sorted[first : bisect_left(self._sorted, head + _LAST, first)]

    def _with(self, part: str) -> Iterator[str]:
        """One search through all words as one text is some ten times as fast as a search in each."""
        if not self._text:
            self._text = "\n" + "\n".join(self._sorted) + "\n"
        at = self._text.find(part)
        while at >= 0:
            start, end = self._text.rfind("\n", 0, at + 1) + 1, self._text.find("\n", at)
            yield self._text[start:end]
            at = self._text.find(part, end)

    def _find_similar(self, word: str) -> tuple[str, ...]:
        return tuple(self._spelled.near(word, edits_allowed(word)))


def _posting(among: dict[str, Posting], key: str) -> Posting:
    found = among.get(key)
    if found is None:
        found = among[key] = Posting()
    return found
