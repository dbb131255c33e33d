"""The header field If (RFC 4918 §10.4): what a request is conditional upon, read without I/O.

The tokens that a list may hold are those of locks, of synchronisation (RFC 6578 §5), and `DAV:no-lock`, which nothing
ever has.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.edges.dav.errors import Malformed

LONGEST = 8192
MOST = 100
_PIECE = re.compile(
    r'\s*(?:(\()|(\))|<([^<>\s]{1,2048})>|\[(W/)?"([\x21\x23-\x7e]*)"\]|(Not)(?=[\s<\[]))', re.IGNORECASE
)


@dataclass(frozen=True)
class Condition:
    """That a resource has, or has not, an ETag (without quotes) or a state token."""

    value: str
    is_etag: bool
    negated: bool = False


@dataclass(frozen=True)
class Clause:
    """Conditions that have to hold together, of the resource that an href names; None is the one of the request."""

    resource: str | None
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class State:
    """What a resource has now; nothing at all where there is none."""

    etag: str = ""
    tokens: frozenset[str] = frozenset()

    def meets(self, condition: Condition) -> bool:
        has = {self.etag} - {""} if condition.is_etag else self.tokens
        return (condition.value in has) != condition.negated


def read_if(text: str) -> list[Clause]:
    """One of the clauses has to hold. Raises `Malformed`."""
    if len(text) > LONGEST:
        raise Malformed(f"If has more than {LONGEST} characters")
    pieces = _pieces(text)
    clauses: list[Clause] = []
    tagged: str | None = None
    alone = True
    for kind, value in pieces:
        if kind == "uri" and not (alone and tagged is not None) and (tagged is not None or not clauses):
            tagged, alone = value, True
        elif kind == "(":
            clauses.append(Clause(tagged, tuple(_list(pieces))))
            alone = False
        else:
            raise _wrong()
    # A name is that of the lists after it, of which there is one at least.
    if alone or sum(len(clause.conditions) for clause in clauses) > MOST:
        raise _wrong()
    return clauses


def _list(pieces: Iterator[tuple[str, str]]) -> Iterator[Condition]:
    """Up to the bracket that closes it."""
    negated, count = False, 0
    for kind, value in pieces:
        if kind == ")" and count and not negated:
            return
        if kind == "not" and not negated:
            negated = True
            continue
        if kind not in {"uri", "etag"}:
            break
        yield Condition(value, kind == "etag", negated)
        negated, count = False, count + 1
    raise _wrong()


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _PIECE.match(text, at)
        if found is None:
            raise _wrong()
        at = found.end()
        opened, closed, uri, weak, etag, negation = found.groups()
        if opened or closed:
            yield opened or closed, ""
        elif uri:
            yield "uri", uri
        elif negation:
            yield "not", ""
        else:
            # A weak one is never what an ETag of ours is (§10.4.4 compares as RFC 9110's strong comparison does).
            yield "etag", f"W/{etag}" if weak else etag


def _wrong() -> Malformed:
    return Malformed("If is one or more lists of ETags and tokens")


async def holds(
    clauses: Sequence[Clause], own: str, state_of: Callable[[str], Awaitable[State]]
) -> tuple[bool, tuple[str, ...]]:
    """Whether one of the clauses holds; and the ETags of the request's own resource of which one has to be there still
    when the request is done, for the service to see to that in the same write: none where a clause holds without.

    `own` is the href of the request; `state_of` reads a resource, once for each.
    """
    states: dict[str, State] = {}
    met = []
    for clause in clauses:
        where = clause.resource or own
        if where not in states:
            states[where] = await state_of(where)
        if all(states[where].meets(condition) for condition in clause.conditions):
            met.append(clause)
    needed: list[str] = []
    for clause in met:
        etags = [each.value for each in clause.conditions if each.is_etag and not each.negated]
        if not etags or (clause.resource or own) != own:
            return True, ()
        needed += etags
    return bool(met), tuple(dict.fromkeys(needed))
