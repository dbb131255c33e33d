"""What is noted of mailboxes and of the server beside their messages (RFC 5464): entries with values."""

import re
from collections.abc import Mapping
from enum import Enum

from chassis.errors import InvalidInput, TooLarge, TooManyRequests

LONGEST_NAME = 255
# Octets of a value; entries that one holder may have of one mailbox.
LONGEST_VALUE, MOST_ENTRIES = 16 * 1024, 100

# §3.2: printable ASCII without wildcards, no empty component.
_NAME = re.compile(r"/(private|shared)(?:/[!-$&-)+-.0-~]+)+")


class Scope(Enum):
    """Whether an entry is one account's own, or everybody's who may read the mailbox."""

    PRIVATE = "private"
    SHARED = "shared"


Entries = Mapping[str, bytes]


def entry_name(given: str) -> str:
    """The canonical form of a name: they compare without regard to case. Raises `InvalidInput`."""
    name = given.lower()
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InvalidInput("Not an entry", fields={"entry": f"{given[:60]!r} is not the name of an entry"})
    return name


def scope_of(name: str) -> Scope:
    return Scope.PRIVATE if name.startswith("/private/") else Scope.SHARED


def annotated(present: Entries, changes: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """Entries after changes; None removes one. Raises `TooLarge`, and `TooManyRequests` for too many entries."""
    if any(value is not None and len(value) > LONGEST_VALUE for value in changes.values()):
        raise TooLarge(f"A value has at most {LONGEST_VALUE} octets")
    after = {name: value for name, value in {**present, **changes}.items() if value is not None}
    if len(after) > max(MOST_ENTRIES, len(present)):
        raise TooManyRequests(f"There are at most {MOST_ENTRIES} entries")
    return after


def below(name: str, depth: int | None, known: str) -> bool:
    """Whether `known` is the entry asked for, or one so many levels below it; None: however many (§4.2.2)."""
    if known == name:
        return True
    levels = known.removeprefix(name + "/").count("/") + 1 if known.startswith(name + "/") else 0
    return bool(levels) and (depth is None or levels <= depth)
