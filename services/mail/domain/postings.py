"""Which messages of a window of UIDs have which terms: the terms on shelves, each with its messages.

All terms that begin with the same two characters stand on one shelf, so that a word and whatever begins with it are
looked for on one. A window has 256 UIDs: a message in it is one octet.
"""

import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.mail.domain.terms import HEADER_ONLY, SHORTEST, Words

# UIDs a window: window k holds (k * 256, (k + 1) * 256].
WINDOW = 256
SHELVES = 64
_LAYOUT = b"\x01"


def window_of(uid: int) -> int:
    return (uid - 1) // WINDOW


def window(number: int) -> tuple[int, int]:
    """First and last UID."""
    return number * WINDOW + 1, (number + 1) * WINDOW


def shelf_of(term: str) -> int:
    return zlib.crc32(term[:SHORTEST].encode("utf-8", "replace")) % SHELVES


def by_shelves(asked: Iterable[Words]) -> dict[int, dict[Words, Words]]:
    """Where words are looked for: the shelves, and what of each is to be on them."""
    found: dict[int, dict[Words, Words]] = defaultdict(dict)
    for words in asked:
        begun = shelf_of(words.begun) if words.begun else None
        for shelf in {*map(shelf_of, words.whole), *([] if begun is None else [begun])}:
            whole = frozenset(term for term in words.whole if shelf_of(term) == shelf)
            found[shelf][words] = Words(whole, words.begun if begun == shelf else "", words.in_texts)
    return found


def shelve(messages: Mapping[int, Iterable[str]]) -> list[bytes]:
    """All shelves of a window, packed; `messages` are the terms by UIDs."""
    shelves: list[dict[str, bytearray]] = [defaultdict(bytearray) for _ in range(SHELVES)]
    for uid in sorted(messages):
        for term in messages[uid]:
            shelves[shelf_of(term)][term].append((uid - 1) % WINDOW)
    return [_packed(shelf) for shelf in shelves]


def _packed(shelf: Mapping[str, bytearray]) -> bytes:
    lines = sorted((term.encode("utf-8", "replace"), places) for term, places in shelf.items())
    counts = bytes(len(places) - 1 for _, places in lines)
    names = b"\n".join(term for term, _ in lines)
    every = b"".join(places for _, places in lines)
    return _LAYOUT + zlib.compress(len(names).to_bytes(4, "big") + names + counts + every, 6)


class Shelf:
    """One that was packed."""

    __slots__ = ("_counts", "_first", "_places", "_terms")

    def __init__(self, first_uid: int, packed: bytes) -> None:
        octets = zlib.decompress(packed[1:])
        end = 4 + int.from_bytes(octets[:4], "big")
        self._first = first_uid
        self._terms = octets[4:end].split(b"\n") if end > 4 else []
        self._counts = octets[end : end + len(self._terms)]
        self._places = octets[end + len(self._terms) :]

    def having(self, words: Words) -> set[int]:
        """UIDs of the messages that have the words, all of which belong on it."""
        sets = [self._whole(term, in_texts=words.in_texts) for term in words.whole]
        if words.begun:
            sets.append(self._begun(words.begun, in_texts=words.in_texts))
        return set.intersection(*sets)

    def _whole(self, term: str, *, in_texts: bool) -> set[int]:
        found = self._of(term)
        return found if in_texts else found | self._of(term + HEADER_ONLY)

    def _begun(self, beginning: str, *, in_texts: bool) -> set[int]:
        wanted = beginning.encode("utf-8", "replace")
        found: set[int] = set()
        number = bisect_left(self._terms, wanted)
        at = self._at(number)
        while number < len(self._terms) and self._terms[number].startswith(wanted):
            after = at + self._counts[number] + 1
            if not (in_texts and self._terms[number].endswith(b"|")):
                found.update(self._places[at:after])
            number, at = number + 1, after
        return {self._first + place for place in found}

    def _of(self, term: str) -> set[int]:
        wanted = term.encode("utf-8", "replace")
        number = bisect_left(self._terms, wanted)
        if number == len(self._terms) or self._terms[number] != wanted:
            return set()
        at = self._at(number)
        return {self._first + place for place in self._places[at : at + self._counts[number] + 1]}

    def _at(self, number: int) -> int:
        """Where the places of a term begin."""
        return sum(self._counts[:number]) + number


def readable(packed: bytes) -> bool:
    """Whether it was packed in the present form."""
    return packed[:1] == _LAYOUT
