"""A script that was found sound, ready to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.mail.domain.sieve.text import Text

Value = int | tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A command or a test: its options by tag (those without a value map to 1), and its arguments.

    Arguments that were left out are empty tuples.
    """

    name: str
    line: int
    options: Mapping[str, Value] = field(default_factory=dict)
    values: tuple[Value, ...] = ()
    tests: tuple["Node", ...] = ()
    block: tuple["Node", ...] = ()

    def texts(self, number: int) -> tuple[Text, ...]:
        """The strings of an argument."""
        value = self.values[number]
        return () if isinstance(value, int) else value

    def number(self, number: int) -> int:
        """An argument that is a number."""
        value = self.values[number]
        return value if isinstance(value, int) else 0

    def option_texts(self, tag: str) -> tuple[Text, ...]:
        """The strings of an option; empty when it is not there."""
        value = self.options.get(tag, ())
        return () if isinstance(value, int) else value

    def option_number(self, tag: str, default: int) -> int:
        value = self.options.get(tag, default)
        return value if isinstance(value, int) else default


@dataclass(frozen=True, slots=True)
class Script:
    """What `compile_script` answers. `source`: its octets, as they were given."""

    source: bytes
    required: frozenset[str]
    commands: tuple[Node, ...]
