"""Which cards a filter of CardDAV lets through (RFC 6352 §10.5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from chassis.errors import InvalidInput
from services.directory.domain.vcards import Card, Line

MAX_CONDITIONS = 100
MAX_TEXT = 500


class Match(Enum):
    CONTAINS = "contains"
    EQUALS = "equals"
    STARTS = "starts-with"
    ENDS = "ends-with"


class Collation(Enum):
    """RFC 4790; the default of CardDAV is Unicode's case mapping (RFC 5051)."""

    UNICODE = "i;unicode-casemap"
    ASCII = "i;ascii-casemap"
    OCTET = "i;octet"


_ASCII = str.maketrans({chr(c): chr(c + 32) for c in range(65, 91)})
_FOLDS: dict[Collation, Callable[[str], str]] = {
    Collation.UNICODE: str.casefold,
    Collation.ASCII: lambda text: text.translate(_ASCII),
    Collation.OCTET: lambda text: text,
}
_TESTS: dict[Match, Callable[[str, str], bool]] = {
    Match.CONTAINS: lambda text, sought: sought in text,
    Match.EQUALS: lambda text, sought: text == sought,
    Match.STARTS: str.startswith,
    Match.ENDS: str.endswith,
}


@dataclass(frozen=True)
class TextMatch:
    text: str
    match: Match = Match.CONTAINS
    collation: Collation = Collation.UNICODE
    negated: bool = False

    def holds(self, value: str) -> bool:
        fold = _FOLDS[self.collation]
        return _TESTS[self.match](fold(value), fold(self.text)) != self.negated


@dataclass(frozen=True)
class ParameterFilter:
    name: str
    absent: bool = False
    text: TextMatch | None = None

    def holds(self, line: Line) -> bool:
        values = line.values_of(self.name)
        if self.absent or not values:
            return self.absent and not values
        return self.text is None or any(self.text.holds(value) for value in values)


@dataclass(frozen=True)
class PropertyFilter:
    """`name` may lead with a group: "HOME.EMAIL"."""

    name: str
    absent: bool = False
    all_of: bool = False
    texts: tuple[TextMatch, ...] = ()
    parameters: tuple[ParameterFilter, ...] = ()

    def holds(self, card: Card) -> bool:
        group, _, name = self.name.upper().rpartition(".")
        lines = [line for line in card.every(name) if not group or line.group == group]
        if self.absent:
            return not lines
        return any(self._of(line) for line in lines)

    def _of(self, line: Line) -> bool:
        conditions = [text.holds(line.text) for text in self.texts]
        conditions += [parameter.holds(line) for parameter in self.parameters]
        return not conditions or (all if self.all_of else any)(conditions)


@dataclass(frozen=True)
class CardFilter:
    """Everything, when it names no property."""

    properties: tuple[PropertyFilter, ...] = ()
    all_of: bool = False

    def holds(self, card: Card) -> bool:
        conditions = (each.holds(card) for each in self.properties)
        return not self.properties or (all if self.all_of else any)(conditions)


def checked(given: CardFilter) -> CardFilter:
    """The filter, if it can be asked in bounded time. Raises `InvalidInput`."""
    count = sum(1 + len(each.texts) + len(each.parameters) for each in given.properties)
    texts: Sequence[str] = [
        text.text
        for each in given.properties
        for text in (*each.texts, *(parameter.text for parameter in each.parameters if parameter.text))
    ]
    if count > MAX_CONDITIONS or any(len(text) > MAX_TEXT for text in texts):
        raise InvalidInput("The filter asks too much", fields={"filter": "at most 100 conditions of 500 characters"})
    return given
