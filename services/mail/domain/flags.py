"""Flags of a message (RFC 3501 §2.3.2): five of the system's, and keywords in lower case (RFC 8621 §4.1.1).

Keywords compare without regard to case (RFC 9051 §2.3.2); one form for each makes every comparison exact. The
registered ones keep the form that clients know them by. \\Recent belongs to sessions and is never stored.
"""

import re
from collections.abc import Iterable
from enum import Enum

from chassis.errors import InvalidInput

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"
SYSTEM = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
MAX_FLAGS = 64
_KNOWN = {
    flag.lower(): flag
    for flag in (*SYSTEM, "$Forwarded", "$MDNSent", "$Junk", "$NotJunk", "$Phishing", "$Important", "$SubmitPending")
}
# RFC 3501 §9, flag-keyword: an atom.
_KEYWORD = re.compile(r"[^\x00-\x20\x7f-\uffff(){%*\"\\\]]{1,100}")

Flags = tuple[str, ...]


class FlagAction(Enum):
    """What STORE does with the flags it names."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


def canonical(given: Iterable[str]) -> Flags:
    """Each flag once, in its one form, sorted. Raises `InvalidInput` for what is no flag, or too many."""
    found = set()
    for flag in given:
        lower = flag.lower()
        if lower == "\\recent":
            continue
        if lower not in _KNOWN and not _KEYWORD.fullmatch(flag):
            raise InvalidInput("Not a flag", fields={"flags": f"{flag[:40]!r} is not a flag"})
        found.add(_KNOWN.get(lower, lower))
    if len(found) > MAX_FLAGS:
        raise InvalidInput("Too many flags", fields={"flags": f"more than {MAX_FLAGS}"})
    return tuple(sorted(found))


def changed(present: Iterable[str], action: FlagAction, named: Flags) -> Flags:
    """The flags after an action."""
    if action is FlagAction.REPLACE:
        return named
    both = set(present) | set(named) if action is FlagAction.ADD else set(present) - set(named)
    return tuple(sorted(both))
