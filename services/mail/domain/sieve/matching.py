"""Values beside keys, by match type and comparator (RFC 5228 §2.7, RFC 5231)."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.mail.domain.sieve import glob
from services.mail.domain.sieve.comparators import DEFAULT, KEYS, WITHIN
from services.mail.domain.sieve.script import Node

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}
# What one step compares.
STEP = 256


@dataclass(frozen=True, slots=True)
class Match:
    """`found`: what the wildcards of `:matches` took, the whole value first."""

    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a test compares. `spend` is told the steps that it costs."""

    kind: str
    relation: str
    comparator: str
    spend: glob.Spend

    def match(self, values: Sequence[str], keys: Sequence[str]) -> Match | None:
        """The first that matches, value by value; None when nothing does."""
        if self.kind == "count":
            return self._one(str(len(values)), keys)
        for value in values:
            found = self._one(value, keys)
            if found is not None:
                return found
        return None

    def _one(self, value: str, keys: Sequence[str]) -> Match | None:
        match self.kind:
            case "matches":
                return self._glob(value, keys)
            case "contains":
                return Match() if self._contains(value, keys) else None
            case _:
                return Match() if self._compares(value, keys) else None

    def _glob(self, value: str, keys: Sequence[str]) -> Match | None:
        for key in keys:
            self.spend(1 + len(value) // STEP)
            found = glob.matches(value, key, self.comparator, self.spend)
            if found is not None:
                return Match(tuple(found))
        return None

    def _contains(self, value: str, keys: Sequence[str]) -> bool:
        octets = WITHIN[self.comparator]
        within = octets(value)
        for key in keys:
            self.spend(1 + (len(key) + len(value)) // STEP)
            if octets(key) in within:
                return True
        return False

    def _compares(self, value: str, keys: Sequence[str]) -> bool:
        of, holds = KEYS[self.comparator], _RELATIONS[self.relation]
        mine = of(value)
        for key in keys:
            self.spend(1 + (len(key) + len(value)) // STEP)
            if holds(mine, of(key)):
                return True
        return False


def comparison(node: Node, spend: glob.Spend) -> Comparison:
    """What a test says of how it compares."""
    kind = next((each for each in ("is", "contains", "matches", "count", "value") if each in node.options), "is")
    relation = next((each.constant for each in node.option_texts(kind)), None) or "eq"
    comparator = next((each.constant for each in node.option_texts("comparator")), None) or DEFAULT
    return Comparison(kind, relation.lower(), comparator, spend)
