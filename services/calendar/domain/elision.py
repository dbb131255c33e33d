"""French elision: "de" before a name."""

import unicodedata

_VOWELS = frozenset("aeiouœæ")


def of_french(name: str) -> str:
    """ "de Mensah", "d’Afi", "d’Yves", "de Yao": y is a vowel before consonants alone. Whether an h is mute no letter
    tells: "de" is never wrong to the ear of who bears the name."""
    first, second = (_plain(letter) for letter in f"{name}  "[:2])
    elided = first in _VOWELS or (first == "y" and second.isalpha() and second not in _VOWELS)
    return f"d’{name}" if elided else f"de {name}"


def _plain(letter: str) -> str:
    """Without its case and accents."""
    return unicodedata.normalize("NFD", letter.lower())[0]
