"""Keywords of letters in files: a list beside a Maildir, as Dovecot keeps it, and a field in mbox."""

import re
import string
from collections.abc import Iterable
from pathlib import Path

# A line a keyword: its place among the letters a to z, which file names have, and its name.
LISTED = "dovecot-keywords"
FIELD = "X-Keywords"
_LETTERS = string.ascii_lowercase
# What IMAP takes for one (RFC 9051 §9, flag-keyword), as long as anybody's are.
_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|~]{1,100}")
_MOST_OCTETS = 64 * 1024


def keywords_in(text: str) -> set[str]:
    """Those that a field names; what is none is passed over."""
    return {each for each in text.split() if _KEYWORD.fullmatch(each)}


def keywords_of(flags: Iterable[str]) -> list[str]:
    return sorted(each for each in flags if not each.startswith("\\"))


def listed(maildir: Path) -> dict[str, str]:
    """Letter to keyword; none where there is no list that can be read."""
    path = maildir / LISTED
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_OCTETS:
            return {}
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        place, _, keyword = line.partition(" ")
        if place.isascii() and place.isdigit() and int(place[:3]) < len(_LETTERS) and _KEYWORD.fullmatch(keyword):
            found[_LETTERS[int(place[:3])]] = keyword
    return found


def letters_for(maildir: Path, keywords: Iterable[str], known: dict[str, str]) -> str:
    """The letters of keywords, which `known` and the list learn where they are new; a Maildir has room for 26."""
    letters = {keyword: letter for letter, keyword in known.items()}
    for keyword in keywords:
        free = next((letter for letter in _LETTERS if letter not in known), None)
        if keyword not in letters and free is not None:
            known[free], letters[keyword] = keyword, free
            text = "".join(f"{_LETTERS.index(letter)} {each}\n" for letter, each in sorted(known.items()))
            aside = maildir / "tmp" / LISTED
            aside.write_text(text, "utf-8")
            aside.chmod(0o600)
            aside.rename(maildir / LISTED)
    return "".join(letters[each] for each in keywords if each in letters)
