"""Names of hosts that are made to look like others."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from confusable_homoglyphs import confusables
from publicsuffixlist import PublicSuffixList

_SHOWN = re.compile(
    r"\s*(?:https?://|mailto:)?(?:[^\s/@?#]*@)?((?:[^\s/@:?#.]+\.)+[^\s/@:?#.]+)\.?(?::\d+)?(?:[/?#]\S*)?\s*",
    re.IGNORECASE,
)
# What stands for a letter to the hurried eye, beside what Unicode calls confusable.
_DIGITS = str.maketrans("01357", "olest")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def host_shown(text: str) -> str:
    """The host that a text shows when it is nothing but an address of the web or of mail; else empty."""
    found = _SHOWN.fullmatch(text[:500])
    if found is None:
        return ""
    host = in_characters(found[1].lower())
    # "rapport.pdf" is no host.
    return host if _suffixes().privatesuffix(_in_octets(host)) else ""


def organisation(host: str) -> str:
    """The domain that somebody registered, of which the host is one; the host itself when nobody could."""
    return _suffixes().privatesuffix(_in_octets(host)) or host


def _in_octets(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def in_characters(host: str) -> str:
    """A-labels as people see them (RFC 5891); what is none stays."""
    return ".".join(_label(label) for label in host.split("."))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def is_mixed(host: str) -> bool:
    """Whether a label has letters of another script that look Latin, among Latin ones or throughout (UTS 39 §4)."""
    return any(_is_mixed(label) for label in in_characters(host.lower()).split("."))


def _is_mixed(label: str) -> bool:
    foreign = [character for character in label if not _is_latin(character)]
    if not foreign:
        return False
    alike = any(_plain(character) != character for character in foreign)
    return alike and (len(foreign) < sum(map(str.isalpha, label)) or skeleton(label).isascii())


def _is_latin(character: str) -> bool:
    """French has its accents."""
    return character.isascii() or "\u00c0" <= character <= "\u024f"


def imitates(host: str, ours: Iterable[str]) -> bool:
    """Whether it is none of our domains and looks like one."""
    seen = in_characters(host.lower())
    bare = skeleton(seen)
    for domain in ours:
        if seen == domain or seen.endswith(f".{domain}"):
            return False
    for domain in ours:
        like = skeleton(domain)
        if bare == like or bare.endswith(f".{like}") or bare.startswith(f"{like}.") or f".{like}." in bare:
            return True
    return False


@cache
def _plain(character: str) -> str:
    """The ASCII letter that a character looks like, if it does."""
    found = confusables.is_confusable(character, greedy=True, preferred_aliases=[])
    for each in found or ():
        for like in each["homoglyphs"]:
            if like["c"].isascii() and like["c"].isalnum():
                return str(like["c"]).lower()
    return character


def skeleton(text: str) -> str:
    """How a name looks to the hurried eye, which overlooks accents, not how it is written."""
    parts = unicodedata.normalize("NFKD", text[:300]).lower()  # ornate capitals have no small letters of their own
    bare = (character for character in parts if not unicodedata.combining(character))
    plain = "".join(character if character.isascii() else _plain(character) for character in bare)
    return plain.translate(_DIGITS).replace("rn", "m").replace("vv", "w").replace("i", "l")
