"""How values are compared with what a filter asserts: each item of a filter becomes a function of values, once."""

from collections.abc import Callable, Iterable

from rapidfuzz.distance import OSA

from services.directory.domain.book.folding import words_of
from services.directory.domain.book.vocabulary import edits_allowed
from services.directory.ldap import names
from services.directory.ldap.codec.filters import Compares, Holds, Matches
from services.directory.ldap.schema import NAME, RULES, TELEPHONE, TEXT, AttributeType

Test = Callable[[Iterable[str]], bool]


def prepared(value: str, kind: str) -> str:
    """A value as it is compared under a rule (RFC 4518 §2.6); ours knows no accents either."""
    if kind == TELEPHONE:
        return "".join(c for c in value if c not in " -").lower()
    if kind == NAME:
        try:
            return repr(names.keys(names.parse(value)))
        except names.BadName:
            return ""
    return names.matched(value) if kind == TEXT else value.strip().lower()


def test_of(item: Compares | Holds | Matches, attribute: AttributeType) -> Test | None:
    """None where the attribute has no such rule: the item is undefined (RFC 4511 §4.5.1.7)."""
    if not attribute.comparable:
        return None
    if isinstance(item, Holds):
        return _holds(item, attribute.kind) if attribute.in_parts else None
    if isinstance(item, Matches):
        kind = RULES.get(item.rule.lower()) if item.rule else attribute.kind
        return _equals(item.value, kind) if kind == attribute.kind else None
    if item.how == "=":
        return _equals(item.value, attribute.kind)
    if item.how == "~=":
        return _nearly(item.value) if attribute.kind == TEXT else _equals(item.value, attribute.kind)
    if not attribute.ordered:
        return None
    bound = prepared(item.value, attribute.kind)
    if item.how == ">=":
        return lambda values: any(prepared(value, attribute.kind) >= bound for value in values)
    return lambda values: any(prepared(value, attribute.kind) <= bound for value in values)


def _equals(value: str, kind: str) -> Test:
    wanted = prepared(value, kind)
    return lambda values: any(prepared(each, kind) == wanted for each in values)


def _holds(item: Holds, kind: str) -> Test:
    initial, final = prepared(item.initial, kind), prepared(item.final, kind)
    parts = [_kept(part, kind) for part in item.parts]
    # A space at the end of a beginning means a word's end, and likewise the other way round.
    if kind == TEXT and initial and item.initial[-1] == " ":
        initial += " "
    if kind == TEXT and final and item.final[0] == " ":
        final = f" {final}"

    def holds(values: Iterable[str]) -> bool:
        return any(_holds_all(prepared(value, kind), initial, parts, final) for value in values)

    return holds


def _kept(part: str, kind: str) -> str:
    middle = prepared(part, kind)
    if kind != TEXT or not middle:
        return middle
    return f"{' ' if part[0] == ' ' else ''}{middle}{' ' if part[-1] == ' ' else ''}"


def _holds_all(value: str, initial: str, parts: Iterable[str], final: str) -> bool:
    if not value.startswith(initial):
        return False
    at = len(initial)
    for part in parts:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return value.endswith(final) and len(value) - len(final) >= at


def _nearly(value: str) -> Test:
    wanted = words_of(value)

    def near(values: Iterable[str]) -> bool:
        return any(all(any(_like(word, each) for each in words_of(given)) for word in wanted) for given in values)

    return near


def _like(word: str, other: str) -> bool:
    return other.startswith(word) or OSA.distance(word, other) <= edits_allowed(word)
