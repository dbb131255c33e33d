"""Search filters (RFC 4511 §4.5.1.7) as a tree, bounded in size and depth."""

from dataclasses import dataclass
from typing import TypeAlias

from services.directory.ldap.codec.ber import OCTETS, SEQUENCE, Malformed, Reader

# No address book asks for so much; what evaluates a filter may go down as deep as this.
DEEPEST, MOST_ITEMS = 24, 256
_AND, _OR, _NOT = 0xA0, 0xA1, 0xA2
_EQUAL, _SUBSTRINGS, _AT_LEAST, _AT_MOST, _PRESENT, _NEARLY, _EXTENSIBLE = 0xA3, 0xA4, 0xA5, 0xA6, 0x87, 0xA8, 0xA9
_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82
_COMPARISONS = {_EQUAL: "=", _AT_LEAST: ">=", _AT_MOST: "<=", _NEARLY: "~="}


class FilterTooLarge(Exception):
    """A filter of more items, or deeper, than is evaluated."""


@dataclass(frozen=True, slots=True)
class And:
    """True when all are; when there is none as well (RFC 4526)."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when one is."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when it is false, and undefined when it is undefined."""

    filter: "Filter"


@dataclass(frozen=True, slots=True)
class Compares:
    """An attribute compared by "=", ">=", "<=" or "~=" (nearly)."""

    attribute: str
    how: str
    value: str


@dataclass(frozen=True, slots=True)
class Holds:
    """Parts of a value in their order: how it begins, what it holds, how it ends; empty is anything."""

    attribute: str
    initial: str
    parts: tuple[str, ...]
    final: str


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute has a value."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Matches:
    """By a rule, by an attribute, or by both; `dn`: what stands in the entry's name counts too."""

    rule: str
    attribute: str
    value: str
    dn: bool


Filter: TypeAlias = And | Or | Not | Compares | Holds | Present | Matches


class _Budget:
    """How many items are still taken."""

    def __init__(self) -> None:
        self.left = MOST_ITEMS

    def take(self, depth: int) -> None:
        self.left -= 1
        if self.left < 0 or depth > DEEPEST:
            raise FilterTooLarge


def read_filter(reader: Reader) -> Filter:
    """The next element as a filter. Raises `Malformed`, `FilterTooLarge`."""
    return _read(reader, _Budget(), 1)


def _read(reader: Reader, budget: _Budget, depth: int) -> Filter:
    budget.take(depth)
    if reader.tag == _PRESENT:
        return Present(reader.text(_PRESENT))
    tag, inner = reader.enter()
    if tag in (_AND, _OR):
        filters = []
        while inner.left:
            filters.append(_read(inner, budget, depth + 1))
        return And(tuple(filters)) if tag == _AND else Or(tuple(filters))
    if tag == _NOT:
        found = Not(_read(inner, budget, depth + 1))
        inner.finish()
        return found
    if tag in _COMPARISONS:
        compared = Compares(inner.text(), _COMPARISONS[tag], _value(inner))
        inner.finish()
        return compared
    if tag == _SUBSTRINGS:
        return _substrings(inner, budget, depth)
    if tag == _EXTENSIBLE:
        return _extensible(inner)
    raise Malformed(f"no filter has the tag {tag:#x}")


def _value(reader: Reader, tag: int = OCTETS) -> str:
    """A value that is no text matches nothing, and is no reason to end the connection."""
    return reader.octets(tag).decode("utf-8", "replace")


def _substrings(inner: Reader, budget: _Budget, depth: int) -> Holds:
    attribute = inner.text()
    initial, final = "", ""
    parts: list[str] = []
    pieces = inner.within(SEQUENCE)
    if not pieces.left:
        raise Malformed("substrings without any")
    while pieces.left:
        budget.take(depth)
        tag = pieces.tag
        value = _value(pieces, tag)
        if not value or final or tag not in (_INITIAL, _ANY, _FINAL) or (tag == _INITIAL and (initial or parts)):
            raise Malformed("substrings out of order")
        if tag == _INITIAL:
            initial = value
        elif tag == _ANY:
            parts.append(value)
        else:
            final = value
    inner.finish()
    return Holds(attribute, initial, tuple(parts), final)


def _extensible(inner: Reader) -> Matches:
    rule = inner.text(0x81) if inner.tag == 0x81 else ""
    attribute = inner.text(0x82) if inner.tag == 0x82 else ""
    value = _value(inner, 0x83)
    dn = inner.boolean(0x84) if inner.tag == 0x84 else False
    inner.finish()
    if not rule and not attribute:
        raise Malformed("neither rule nor attribute")
    return Matches(rule, attribute, value, dn)
