"""`:matches` (RFC 5228 §2.7.1, captures of RFC 5229 §3.2), in one pass: each `*` takes as little as it can.

What stands between two `*` is looked for where the last one was found, never earlier: taking the first place leaves the
most for what follows, so that nothing is ever tried again.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from services.mail.domain.sieve.comparators import WITHIN, octets_of, text_of, unicode_casemap

# What is taken one by one, of which a step pays for so much: characters of a pattern and beyond ASCII, and the literals
# that are tried at one place.
DEAR = 16
# Characters of a pattern that is kept once it was read.
KEPT = 256
Spend = Callable[[int], None]
# A capture by where it begins and ends.
Span = tuple[int, int]


class Piece(NamedTuple):
    """What stands between two `*`: literals by their offset in it, and the offsets of its `?`."""

    length: int
    literals: tuple[tuple[int, bytes], ...]
    any_one: tuple[int, ...]


def wildcards(pattern: str) -> list[str]:
    """`*` and `?` alone, and the literals between them with a backslash before each, which no literal loses."""
    found: list[str] = []
    literal = ""
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character in "*?":
            found += [f"\\{literal}"] if literal else []
            found.append(character)
            literal = ""
        else:
            if character == "\\" and at + 1 < len(pattern):
                at += 1
                character = pattern[at]
            literal += character
        at += 1
    return [*found, f"\\{literal}"] if literal else found


def _pieces(pattern: str, comparator: str) -> tuple[Piece, ...]:
    return (_kept if len(pattern) <= KEPT else _read)(pattern, comparator)


def _read(pattern: str, comparator: str) -> tuple[Piece, ...]:
    unit = len(_UNITS[comparator]("a"))
    pieces: list[Piece] = []
    length, literals, any_one = 0, list[tuple[int, bytes]](), list[int]()
    for each in wildcards(pattern):
        if each == "*":
            pieces.append(Piece(length, tuple(literals), tuple(any_one)))
            length, literals, any_one = 0, [], []
        elif each == "?":
            any_one.append(length)
            length += unit
        else:
            octets = _UNITS[comparator](each[1:])
            literals.append((length, octets))
            length += len(octets)
    return (*pieces, Piece(length, tuple(literals), tuple(any_one)))


# Of all scripts together; a longer one, as variables make them, takes megabytes.
_kept = lru_cache(maxsize=512)(_read)


def _characters(text: str) -> bytes:
    """Four octets a character, so that what is found lies on characters."""
    return unicode_casemap(text).encode("utf-32-le", "surrogatepass")


# The octets that are searched, of which each character has the same number.
_UNITS: dict[str, Callable[[str], bytes]] = {
    **WITHIN,
    "i;unicode-casemap": _characters,
}


def matches(value: str, pattern: str, comparator: str, spend: Spend) -> list[str] | None:
    """What the wildcards took, after the whole; None when it does not match. `spend` is told each step it costs."""
    spend(len(pattern) // DEAR)
    if comparator == "i;unicode-casemap":
        spend(len(value) // DEAR)
        value = unicodedata.normalize("NFC", value)
    unit = len(_UNITS[comparator]("a"))
    pieces = _pieces(pattern, comparator)
    spans = _spans(_UNITS[comparator](value), pieces, unit, spend)
    if spans is None:
        return None
    if unit == 1:
        octets = octets_of(value)
        return [value, *(text_of(octets[start:end]) for start, end in spans)]
    shown = _shown(value)
    return [value, *("".join(shown[start // unit : end // unit]) for start, end in spans)]


def _shown(value: str) -> list[str]:
    """By place in the folded value: the character of the value that it was."""
    found: list[str] = []
    for character in value:
        folded = unicode_casemap(character)
        found += [character, *[""] * (len(folded) - 1)]
    return found


def _spans(text: bytes, pieces: tuple[Piece, ...], unit: int, spend: Spend) -> list[Span] | None:
    first, *middle = pieces
    if not _fits(text, first, 0) or (not middle and first.length != len(text)):
        return None
    spans = _taken(first, 0, unit)
    at = first.length
    for piece in middle[:-1]:
        found = _find(text, piece, at, unit, spend)
        if found < 0:
            return None
        spans += [(at, found), *_taken(piece, found, unit)]
        at = found + piece.length
    if middle:
        last = middle[-1]
        found = len(text) - last.length
        if found < at or not _fits(text, last, found):
            return None
        spans += [(at, found), *_taken(last, found, unit)]
    return spans


def _taken(piece: Piece, at: int, unit: int) -> list[Span]:
    return [(at + offset, at + offset + unit) for offset in piece.any_one]


def _fits(text: bytes, piece: Piece, at: int) -> bool:
    return at + piece.length <= len(text) and all(
        text.startswith(literal, at + offset) for offset, literal in piece.literals
    )


def _find(text: bytes, piece: Piece, at: int, unit: int, spend: Spend) -> int:
    """The first place from `at` on; -1 when there is none."""
    if not piece.literals:
        return at if at + piece.length <= len(text) else -1
    tried = len(piece.literals) // DEAR
    offset, literal = max(piece.literals, key=lambda each: len(each[1]))
    begun = at
    while True:
        found = text.find(literal, begun + offset)
        spend(1 + tried + (max(found, begun) - begun if found >= 0 else len(text) - begun) // 256)
        if found < 0 or found - offset + piece.length > len(text):
            return -1
        begun = found - offset
        if (begun - at) % unit == 0 and _fits(text, piece, begun):
            return begun
        begun += 1
