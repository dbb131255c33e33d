"""How strings compare (RFC 4790, RFC 5051): each is turned into a key, and the keys are compared."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

Key = bytes | str | float
_DIGITS = re.compile(r"[0-9]+")


def octets_of(text: str) -> bytes:
    """UTF-8; half a character that a match cut off is what it was."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def text_of(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def ascii_casemap(text: str) -> bytes:
    return octets_of(text).upper()


def ascii_numeric(text: str) -> float | int:
    """What begins with no digit is more than any number, and equal to all else of its kind (RFC 4790 §9.1.1)."""
    digits = _DIGITS.match(text)
    return int(digits[0][:4000]) if digits else float("inf")


class _Folded(dict[int, str]):
    """A character's, once it was asked for; half a character is itself."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", chr(code).title()))
        self[code] = folded
        return folded


_FOLDED = _Folded()


def unicode_casemap(text: str) -> str:
    """RFC 5051 §2, composed again so that `?` takes what people call a character."""
    if text.isascii():
        return text.upper()
    return unicodedata.normalize("NFC", text).translate(_FOLDED)


@lru_cache(maxsize=4)
def casemapped(text: str) -> bytes:
    """The same as UTF-8. A letter's text is compared to one key after the other, and takes a tenth of a second."""
    return unicode_casemap(text).encode("utf-8", "surrogatepass")


KEYS: dict[str, Callable[[str], Key]] = {
    "i;octet": octets_of,
    "i;ascii-casemap": ascii_casemap,
    "i;ascii-numeric": ascii_numeric,
    "i;unicode-casemap": unicode_casemap,
}
# In which octets a comparator looks for a part.
WITHIN: dict[str, Callable[[str], bytes]] = {
    "i;octet": octets_of,
    "i;ascii-casemap": ascii_casemap,
    "i;unicode-casemap": casemapped,
}
DEFAULT = "i;ascii-casemap"
