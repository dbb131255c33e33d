"""The words of a letter, as a search knows them: in no case, without accents, each once.

A term is a word of 2 to 64 letters or digits; of an address its words, and the whole of it. One that stands in the
header alone has a bar behind it. Beside words stand the names of the fields that a letter has, and what else is to be
known of it, with colons before them: no word has one.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

SHORTEST, LONGEST = 2, 64
# Of one letter: different terms, and their octets all together; of them the header's, which names all recipients.
MOST_TERMS, MOST_OCTETS = 4_000, 32 * 1024
MOST_OF_HEADER, MOST_HEADER_OCTETS = MOST_TERMS // 2, MOST_OCTETS // 2
# Names of fields; of a letter that has more, any field may be there.
MOST_FIELDS = 200
ATTACHED, ANY_FIELD = "::attached", "::fields"
# Its header has more words than are kept.
ANY_WORD = "::words"
HEADER_ONLY = "|"
_LAYOUT = b"\x01"

_WORD = re.compile(r"[^\W_]+")
# What stands around the sign is bounded, so that a line of such signs is read once.
_ADDRESS = re.compile(r"[a-z0-9.!#$%&*+/=?^_{}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}")
_WIDE = re.compile(r"[^\x00-\x7f]")
# Letters that are two in one, and no accent on one.
_WRITTEN = {"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ß": "ss"}
_UNWRITTEN = frozenset(("Mn", "Me", "Cf"))
# Fields whose words are kept before those of others.
_FIRST = ("subject", "from")
# Values that programs write for programs.
_OF_PROGRAMS = frozenset((
    "received", "return-path", "delivered-to", "dkim-signature", "domainkey-signature", "authentication-results",
    "received-spf", "date", "mime-version", "message-id", "references", "in-reply-to", "autocrypt", "x-received",
))  # fmt: skip
_PROGRAMS = ("arc-", "content-", "x-google-", "x-ms-exchange-", "x-microsoft-", "x-spam")
_MOST_OF_OTHERS = 200


@lru_cache(maxsize=8192)
def _bare(character: str) -> str:
    """One character without case and accents; nothing of an accent itself. Character by character: putting the accents
    of a whole text into their order takes the square of their number."""
    folded = _WRITTEN.get(character) or character.casefold()
    parts = unicodedata.normalize("NFKD", _WRITTEN.get(folded, folded))
    kept = "".join(each for each in parts if unicodedata.category(each) not in _UNWRITTEN)
    return kept.casefold()


def folded(text: str) -> str:
    """In no case, without accents."""
    lower = text.lower()
    return lower if lower.isascii() else _WIDE.sub(lambda found: _bare(found[0]), lower)


def terms_in(text: str) -> Iterator[str]:
    """The terms of a text as they come, again and again."""
    bare = folded(text)
    if "@" in bare:
        for address in _ADDRESS.finditer(bare):
            yield address[0][:LONGEST]
    for word in _WORD.finditer(bare):
        if word.end() - word.start() >= SHORTEST:
            yield word[0][:LONGEST]


def field_term(name: str) -> str:
    """What says that a letter has a field."""
    return ":" + name.lower()[:LONGEST]


def terms_of(
    fields: Iterable[tuple[str, str]], filenames: Iterable[str], texts: Iterable[str], *, attached: bool
) -> frozenset[str]:
    """The terms of a letter: its fields with their decoded values, the names of what is attached, its texts. Those that
    come first are sure to be among them, and of the header subject and sender."""
    names: dict[str, None] = {}
    first, others = [], []
    for name, value in fields:
        names[field_term(name)] = None
        if name in _FIRST:
            first.append(value)
        elif name not in _OF_PROGRAMS and not name.startswith(_PROGRAMS):
            others.append(value[:_MOST_OF_OTHERS] if name.startswith("x-") else value)
    header: dict[str, None] = {}
    within: dict[str, None] = {}
    terms, octets = _fill(header, (*first, *others), MOST_OF_HEADER, MOST_HEADER_OCTETS)
    _fill(within, (*filenames, *texts), MOST_TERMS - MOST_OF_HEADER + terms, MOST_OCTETS - MOST_HEADER_OCTETS + octets)
    marks = [
        *([ANY_FIELD] if len(names) > MOST_FIELDS else names),
        *([ATTACHED] if attached else []),
        *([] if terms else [ANY_WORD]),
    ]
    return frozenset((*marks, *within, *(term + HEADER_ONLY for term in header if term not in within)))


def _fill(found: dict[str, None], texts: Iterable[str], terms: int, octets: int) -> tuple[int, int]:
    """Add the terms of texts while there is room; how much of it is left: none where not all had room."""
    for text in texts:
        for term in terms_in(text):
            if term not in found:
                octets -= len(term.encode("utf-8", "replace"))
                if not terms or octets < 0:
                    return 0, 0
                terms -= 1
                found[term] = None
    return terms, octets


def pack(terms: Iterable[str]) -> bytes:
    """As they are kept with a message."""
    return _LAYOUT + zlib.compress("\n".join(sorted(terms)).encode("utf-8", "replace"), 6)


def unpack(packed: bytes) -> "Terms | None":
    """None of what was kept in another form."""
    return Terms(zlib.decompress(packed[1:]).decode()) if packed[:1] == _LAYOUT else None


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for: a letter has to have every one `whole`, and one that begins with `begun`; in its texts alone,
    or in its header too."""

    whole: frozenset[str]
    begun: str = ""
    in_texts: bool = False


class Terms:
    """The terms of one message."""

    __slots__ = ("_lines",)

    def __init__(self, lines: str) -> None:
        self._lines = f"\n{lines}\n".encode("utf-8", "replace")

    def has(self, words: Words) -> bool:
        if words.begun and not self._begins(words.begun.encode("utf-8", "replace"), in_texts=words.in_texts):
            return False
        return all(self._is_there(word.encode("utf-8", "replace"), words.in_texts) for word in words.whole)

    def _is_there(self, word: bytes, in_texts: bool) -> bool:
        return b"\n%b\n" % word in self._lines or (not in_texts and b"\n%b|\n" % word in self._lines)

    def _begins(self, word: bytes, *, in_texts: bool) -> bool:
        if not in_texts:
            return b"\n" + word in self._lines
        return re.search(rb"\n" + re.escape(word) + rb"[^|\n]*\n", self._lines) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines[1:-1].decode("utf-8", "replace").split("\n") if len(self._lines) > 2 else ())


def fields_named(name: str) -> tuple[Words, ...]:
    """A letter that has the field has one of these."""
    return Words(frozenset((field_term(name),))), Words(frozenset((ANY_FIELD,)))


@lru_cache(maxsize=256)
def words_of(text: str, *, in_texts: bool = False) -> Words | None:
    """What a letter has to have of a text that is looked for: its words, the last of which may go on; None when there
    is no word in it.

    An address that is written whole is looked for as one, and so is one of which the end is missing.
    """
    bare = folded(text).strip()
    found: list[str] = []
    for token in bare.split():
        address = _ADDRESS.fullmatch(token.strip("<>(),;:\"'"))
        found.extend([address[0][:LONGEST]] if address else terms_in(token))
    if not found:
        return None
    ends = bare[-1:].isalnum()
    last = found[-1] if ends else ""
    return Words(frozenset(found[:-1] if ends else found), last, in_texts)
