"""The order that a client wants its results in (RFC 2891)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.directory.ldap.codec import responses
from services.directory.ldap.matching import prepared
from services.directory.ldap.schema import AttributeType
from services.directory.ldap.views import View

Values = tuple[str | None, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Order:
    """By which attributes, each from the lowest or from the highest; `wrong` names one that cannot be, with why."""

    keys: tuple[tuple[AttributeType, bool], ...]
    wrong: str = ""
    code: int = responses.SUCCESS

    def values(self, view: View) -> Values:
        """What an entry is sorted by: of several values of an attribute the lowest; None where it has none."""
        return tuple(
            min((prepared(value, attribute.kind) for value in view.values(attribute.name)), default=None)
            for attribute, _ in self.keys
        )

    def sort(self, entries: Sequence[tuple[Values, T]]) -> list[T]:
        """Entries with their values in order; what has none stands as if it were the largest (RFC 2891 §2.2)."""
        ordered = list(entries)
        for place in reversed(range(len(self.keys))):
            ordered.sort(
                key=lambda each: (each[0][place] is None, each[0][place] or ""),
                reverse=self.keys[place][1],
            )
        return [entry for _, entry in ordered]

    def control(self, code: int | None = None) -> bytes:
        """What came of it, to go with the result."""
        return responses.sort_control(self.code if code is None else code, self.wrong)
