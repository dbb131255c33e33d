"""Which words are nearly a given one: few candidates by their letters, then the distance of each.

Of a word with k mistakes, cut into k + 1 pieces, one piece is untouched and stands at most k places from where it
stood (Navarro 2001, §5.3): only words that have such a piece there are compared. A transposition across a cut touches
two pieces at once; so the word with those two letters swapped back is looked up as well, with one mistake less.
"""

from collections.abc import Iterator
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

# Pieces are looked up by their first letters, so many.
_LONG, _SHORT = 3, 2


class Spellings:
    """Words of letters alone, by the letters at each place."""

    def __init__(self) -> None:
        self._at: dict[tuple[int, str], list[str]] = {}

    def add(self, word: str) -> None:
        """Each word once."""
        for size in (_SHORT, _LONG):
            for place in range(len(word) - size + 1):
                key = place, word[place : place + size]
                found = self._at.get(key)
                if found is None:
                    self._at[key] = [word]
                else:
                    found.append(word)

    def near(self, word: str, edits: int) -> set[str]:
        """Words within so many mistakes, and those with its first letter that begin like that. The word has at least
        two letters for each mistake and two more."""
        if not edits:
            return set()
        candidates = set(self._candidates(word, edits))
        found = set(_within(word, list(candidates), edits))
        # Still being typed: the beginnings of longer words, of those with the right first letter.
        longer = [each for each in candidates if each[0] == word[0] and len(each) > len(word) + edits]
        for length in range(len(word) - 1, len(word) + 2):
            heads = [each[:length] for each in longer]
            found.update(longer[place] for place in _places_within(word, heads, edits))
        return found

    def _candidates(self, word: str, edits: int) -> Iterator[str]:
        """All that may be within so many mistakes, and more."""
        cuts = [len(word) * number // (edits + 1) for number in range(edits + 2)]
        for start, end in pairwise(cuts):
            piece = word[start:end]
            first = piece[: _LONG if len(piece) >= _LONG else _SHORT]
            for place in range(max(0, start - edits), start + edits + 1):
                listed = self._at.get((place, first), ())
                if len(first) == len(piece):
                    yield from listed
                else:
                    yield from (each for each in listed if each.startswith(piece, place))
        for cut in cuts[1:-1]:
            swapped = word[: cut - 1] + word[cut] + word[cut - 1] + word[cut + 1 :]
            if edits > 1:
                yield from self._candidates(swapped, edits - 1)
            else:
                yield from (each for each in self._at.get((0, swapped[:_LONG]), ()) if each.startswith(swapped))


def _within(word: str, among: list[str], edits: int) -> Iterator[str]:
    return (among[place] for place in _places_within(word, among, edits))


def _places_within(word: str, among: list[str], edits: int) -> list[int]:
    found = process.extract(word, among, scorer=OSA.distance, score_cutoff=edits, limit=None)
    return [place for _, _, place in found]
