"""What somebody may do in a mailbox (RFC 4314 §2.1): a letter a right."""

from collections.abc import Iterable
from typing import TypeAlias

from chassis.errors import Forbidden, InvalidInput, NotFound
from services.mail.domain.flags import DELETED, SEEN, Flags

Rights: TypeAlias = frozenset[str]

# Find it, read it, keep \Seen in it, write other flags, put something in, post to it, make mailboxes below it, delete
# it, mark messages as deleted, expunge them, say who may what.
LOOKUP, READ, KEEP_SEEN, WRITE, INSERT, POST = "l", "r", "s", "w", "i", "p"
MAKE_BELOW, DELETE, MARK_DELETED, EXPUNGE, ADMINISTER = "k", "x", "t", "e", "a"
ORDER = "lrswipkxtea"
ALL: Rights = frozenset(ORDER)
NONE: Rights = frozenset()
# Without any of them a mailbox is only read (§5.2).
CHANGING: Rights = frozenset((KEEP_SEEN, WRITE, INSERT, MARK_DELETED, EXPUNGE))
# What RFC 2086 called by one letter (§2.1.1).
_OBSOLETE = {"c": frozenset((MAKE_BELOW, DELETE)), "d": frozenset((MARK_DELETED, EXPUNGE))}


def rights(letters: str) -> Rights:
    """The rights that letters name, obsolete ones among them. Raises `InvalidInput` for a letter that is none."""
    found: set[str] = set()
    for letter in letters:
        if letter not in ALL and letter not in _OBSOLETE:
            raise InvalidInput("Not a right", fields={"rights": f"{letter!r} is not a right of RFC 4314"})
        found |= _OBSOLETE.get(letter, {letter})
    return frozenset(found)


def changed(present: Rights, change: str) -> Rights:
    """Rights after a change: "+rw" adds, "-rw" takes away, "rw" replaces (§3.1). Raises `InvalidInput`."""
    sign = change[:1] if change[:1] in ("+", "-") else ""
    named = rights(change.removeprefix(sign))
    return present | named if sign == "+" else present - named if sign == "-" else named


def letters(held: Rights) -> str:
    """In the order in which RFC 4314 names them."""
    return "".join(letter for letter in ORDER if letter in held)


def shown(held: Rights) -> str:
    """The same for clients, which may know the letters of RFC 2086 only (§2.1.1)."""
    return letters(held) + "".join(letter for letter, tied in _OBSOLETE.items() if held & tied)


def require(held: Rights, needed: Iterable[str]) -> None:
    """Raise `NotFound` for whoever may not even know of the mailbox, `Forbidden` for who may not do that in it."""
    if LOOKUP not in held:
        raise NotFound("No such mailbox")
    if not held.issuperset(needed):
        raise Forbidden("You may not do that in this mailbox")


def within(held: Rights, before: Flags, after: Flags) -> Flags:
    """Flags after a change of which only what may be changed is."""
    if held == ALL:
        return after
    kept = {flag for flag in before if not may_change(held, flag)}
    return tuple(sorted(kept.union(changeable(held, after))))


def refuse_flags(held: Rights, flags: Iterable[str]) -> None:
    """Raise `Forbidden` unless all of some flags may be changed."""
    if any(not may_change(held, flag) for flag in flags):
        raise Forbidden("You may not change these flags in this mailbox")


def may_change(held: Rights, flag: str) -> bool:
    """Whether a flag may be set and removed (§4)."""
    return {SEEN: KEEP_SEEN, DELETED: MARK_DELETED}.get(flag, WRITE) in held


def changeable(held: Rights, flags: Iterable[str]) -> Flags:
    """Those of some flags that may be changed."""
    return tuple(flag for flag in flags if may_change(held, flag))
