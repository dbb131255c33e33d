"""What strangers wrote, in letters of our own."""

import re
import unicodedata

_LINK = re.compile(r"(?i)\b(ht)(tps?)(?=:)|\bwww(?=\.)")


def one_line(text: str, most: int) -> str:
    """At most so many characters of it, without controls and without what turns the direction of writing."""
    shown = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in text)
    shown = "".join(each for each in shown if unicodedata.category(each) not in ("Cf", "Cs", "Co"))
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def unlinked(text: str) -> str:
    """So written that no mail program makes a link of it."""
    return _LINK.sub(lambda found: "hx" + found[2] if found[2] else "www ", text)
