"""Text as the address book compares it: no case, no accents, no letters that keyboards lack."""

import re
import unicodedata
from functools import lru_cache

from services.directory.domain.book.telephones import SHORTEST, digits_of

# Letters that do not decompose; French, German, then those of Togo's own languages.
_LETTERS = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i",
        "ɖ": "d", "ɛ": "e", "ƒ": "f", "ɣ": "g", "ŋ": "n", "ɔ": "o", "ʋ": "v", "ɩ": "i", "ʊ": "u",
    }
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[+(]?[\d\s.()/-]+")


def folded(text: str) -> str:
    """Without case and accents, spaces as they are."""
    if text.isascii():
        return text.lower()
    # Compatible forms first: some of them stand for capitals (UAX #15, and Unicode §3.13 on caseless matching).
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in bare if not unicodedata.combining(c)).translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """The folded words of a text in their order: runs of letters and digits."""
    return _WORD.findall(folded(text))


# Units, posts and names repeat: 70,000 people have some thousands of different ones.
_cached = lru_cache(maxsize=50_000)(lambda text: tuple(words_of(text)))


def known_words(text: str) -> tuple[str, ...]:
    """The same, remembered."""
    return _cached(text)


def asked_words(query: str) -> list[str]:
    """The words of what somebody types; one of digits alone when it is a telephone number."""
    stripped = query.strip()
    if _NUMBER.fullmatch(stripped):
        digits = digits_of(stripped)
        if len(digits) >= SHORTEST:
            return [digits]
    return list(dict.fromkeys(words_of(stripped)))
