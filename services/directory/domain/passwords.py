"""What a password must be: long, not known to everybody, not what is known of its owner (NIST SP 800-63B §3.1.1.2).

How guessable it is, zxcvbn estimates: by its own lists of leaked passwords and English words, by patterns of dates,
keyboards and repetitions, and by our lists of what people here choose.
"""

import unicodedata
from collections.abc import Iterable

from zxcvbn import zxcvbn

from chassis.errors import InvalidInput
from services.directory.domain.common_words import COMMON
from services.directory.domain.text import sorting_key

SHORTEST = 12
# Bounds the work of a hostile login, far above any passphrase.
LONGEST = 256
# Of 0 to 4: a hundred million guesses and more.
ENOUGH = 3
# Different letters that a password has beside known words: "Bonjour2024!!" has none.
OWN_LETTERS = 4
# Dates and telephone numbers are shorter.
LONG_NUMBER = 14
# zxcvbn's work grows with the square of the length; what is guessable in the beginning is not saved by the rest.
JUDGED = 48
# The last passwords that a new one must not be, the present one included.
REMEMBERED = 5


def prepared(password: str) -> str:
    """The form that is hashed, the same whichever keyboard typed it (RFC 8265 §4.2, OpaqueString)."""
    return unicodedata.normalize("NFC", password)


def possible(password: str) -> bool:
    """Whether a password that is this long can be anybody's."""
    return 0 < len(password) <= LONGEST


def accepted(password: str, address: str, field: str = "password", known: Iterable[str] = ()) -> str:
    """A new password in its prepared form. Takes some milliseconds. Raises `InvalidInput`.

    `known` is what others know of its owner beside the address: the name, the staff number, the ministry.
    """
    ready = prepared(password)
    if not SHORTEST <= len(ready) <= LONGEST:
        raise InvalidInput("A password has 12 to 256 characters", fields={field: "length"})
    told = ready.casefold()
    if told in {address, address.partition("@")[0]} or len(set(told)) < 5:
        easy = "A password is not the address, nor a few characters repeated"
        raise InvalidInput(easy, fields={field: "too easy"})
    words = (*_words(address, known), *COMMON)
    # Without accents and spaces as well: "Économie Togo" is made of known words too.
    if _known(ready, words) or min(_score(each, words) for each in _readings(ready)) < ENOUGH:
        easy = "A password is not a common one, nor made of your name, your ministry or a date"
        raise InvalidInput(easy, fields={field: "too easy"})
    return ready


def _readings(ready: str) -> Iterable[str]:
    return {ready[:JUDGED], sorting_key(ready)[:JUDGED]} - {""}


def _score(password: str, words: Iterable[str]) -> int:
    score: int = zxcvbn(password, user_inputs=list(words))["score"]
    return score


def _known(ready: str, words: Iterable[str]) -> bool:
    """Whether a password is little more than words that everybody knows, or knows of its owner; or a number."""
    whole = left = "".join(character for character in sorting_key(ready) if character.isalnum())
    if whole.isdigit():
        return len(whole) < LONG_NUMBER
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            left = left.replace(word, " ")
    own = {character for character in left if character.isalpha()}
    return left != whole and len(own) < OWN_LETTERS


def _words(address: str, known: Iterable[str]) -> list[str]:
    """Each word that an attacker who knows the owner would try first."""
    local, _, domain = address.partition("@")
    found: dict[str, None] = {}
    for each in (local, domain, *known):
        bare = sorting_key(each)
        whole = "".join(character for character in bare if character.isalnum())
        parts = "".join(character if character.isalnum() else " " for character in bare).split()
        for word in (*parts, whole):
            if len(word) > 2:
                found[word] = None
    return list(found)[:60]
