"""A script as its grammar sees it (RFC 5228 §8.2), before anybody asks what its words mean."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tag:
    """`:name`."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Number:
    at: int
    value: int


@dataclass(frozen=True, slots=True)
class Strings:
    """A string, or a list of them; `at` of each stands beside it."""

    at: int
    values: tuple[str, ...]
    places: tuple[int, ...]
    # Written in brackets.
    listed: bool


Argument = Tag | Number | Strings


@dataclass(slots=True)
class Call:
    """A command or a test: its name, its arguments, the tests and the block behind them."""

    at: int
    name: str
    arguments: list[Argument] = field(default_factory=list)
    tests: list["Call"] = field(default_factory=list)
    # Tests stood in parentheses.
    several: bool = False
    block: list["Call"] | None = None
