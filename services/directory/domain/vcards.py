"""vCards 3.0 (RFC 2426) and 4.0 (RFC 6350) as content lines, read in one pass and in bounded time.

The octets that a client gave are the truth and are kept as they are; what is read here serves lists, search and
filters. Whatever is no vCard within the limits is an `InvalidInput` that names the field `vcard`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from chassis.errors import InvalidInput, TooLarge

MAX_OCTETS = 1024 * 1024
MAX_LINES = 40_000
MAX_PROPERTIES = 5_000
MAX_PARAMETERS = 50
MAX_HEAD = 4096
MAX_UID = 500
VERSIONS = frozenset({"3.0", "4.0"})

_NAME = re.compile(r"(?:([A-Za-z0-9-]{1,100})\.)?([A-Za-z0-9-]{1,100})(?=[;:])", re.ASCII)
_PARAMETER = re.compile(r";([A-Za-z0-9-]{1,100})(=?)", re.ASCII)
_PARAMETER_VALUE = re.compile(r'"([^"]*)"|([^",;:]*)')
# C0 controls but tab and line ends, DEL, and what no XML document can hold (XML 1.0 §2.2).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def refused(wrong: str) -> InvalidInput:
    return InvalidInput("Not a vCard that an address book can keep", fields={"vcard": wrong})


@dataclass(frozen=True)
class Line:
    """A content line; `value` is as written, still escaped, and `raw` the line with its folds and its end."""

    group: str
    name: str
    parameters: tuple[tuple[str, tuple[str, ...]], ...]
    value: str
    raw: str

    @property
    def text(self) -> str:
        """The value as one text."""
        return unescaped(self.value)

    def values_of(self, parameter: str) -> list[str]:
        return [value for name, values in self.parameters if name == parameter for value in values]

    def types(self) -> list[str]:
        """What TYPE says, in lower case: "home,work" in quotes is two."""
        return [kind.strip().lower() for value in self.values_of("TYPE") for kind in value.split(",") if kind.strip()]


@dataclass(frozen=True)
class Card:
    """A vCard as read: the lines between BEGIN and END."""

    lines: tuple[Line, ...]

    def every(self, name: str) -> list[Line]:
        return self._named.get(name, [])

    def first(self, name: str) -> str:
        """The text of the first property of a name; empty when there is none."""
        found = self.every(name)
        return found[0].text.strip() if found else ""

    @cached_property
    def _named(self) -> dict[str, list[Line]]:
        named: dict[str, list[Line]] = {}
        for line in self.lines:
            named.setdefault(line.name, []).append(line)
        return named

    @property
    def version(self) -> str:
        return self.first("VERSION")

    @property
    def uid(self) -> str:
        return self.first("UID")


def unescaped(value: str) -> str:
    """A text value without its escapes (RFC 6350 §3.4)."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def components(value: str, separator: str = ";") -> list[str]:
    """The parts of a structured value, each without escapes."""
    if "\\" not in value:
        return value.split(separator)
    parts, start, at = [], 0, 0
    while at < len(value):
        if value[at] == "\\":
            at += 2
            continue
        if value[at] == separator:
            parts.append(value[start:at])
            start = at + 1
        at += 1
    return [unescaped(part) for part in (*parts, value[start:])]


def read_card(octets: bytes) -> Card:
    """The one vCard that some octets are. Raises `InvalidInput`, `TooLarge`."""
    if len(octets) > MAX_OCTETS:
        raise TooLarge(f"A vCard has at most {MAX_OCTETS} octets", fields={"vcard": "too large"})
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise refused("is not UTF-8") from None
    if _FORBIDDEN.search(text):
        raise refused("has control characters")
    lines = list(_lines(text.removeprefix("\ufeff")))
    if len(lines) < 2 or not _is(lines[0], "BEGIN") or not _is(lines[-1], "END"):
        raise refused("does not begin with BEGIN:VCARD and end with END:VCARD")
    within = tuple(lines[1:-1])
    if any(line.name in {"BEGIN", "END"} for line in within):
        raise refused("has one object within another, or several")
    card = Card(within)
    if card.version not in VERSIONS or len(card.every("VERSION")) > 1:
        raise refused("states neither VERSION:3.0 nor VERSION:4.0")
    if len(card.uid) > MAX_UID:
        raise refused(f"its UID has more than {MAX_UID} characters")
    return card


def _is(line: Line, name: str) -> bool:
    return line.name == name and line.value.strip().upper() == "VCARD" and not line.group


def _lines(text: str) -> Iterator[Line]:
    for count, (raw, logical) in enumerate(_unfolded(text), 1):
        if count > MAX_PROPERTIES:
            raise refused(f"has more than {MAX_PROPERTIES} properties")
        yield read_line(logical, raw)


def _unfolded(text: str) -> Iterator[tuple[str, str]]:
    """Logical lines (RFC 6350 §3.2) with the octets they were written as; empty lines are passed over."""
    physical = text.split("\n")
    if len(physical) > MAX_LINES:
        raise refused(f"has more than {MAX_LINES} lines")
    gathered: list[str] = []
    for line in physical:
        if line[:1] in {" ", "\t"} and gathered:
            gathered.append(line)
            continue
        if gathered:
            yield _joined(gathered)
        gathered = [line] if line.strip("\r\t ") else []
    if gathered:
        yield _joined(gathered)


def _joined(physical: Sequence[str]) -> tuple[str, str]:
    bare = [line.removesuffix("\r") for line in physical]
    logical = bare[0] + "".join(line[1:] for line in bare[1:])
    if "\r" in logical:
        raise refused("has a line end within a line")
    return "\n".join(physical) + "\n", logical


def read_line(logical: str, raw: str = "") -> Line:
    """One content line (RFC 6350 §3.3). Raises `InvalidInput`."""
    head = logical[:MAX_HEAD]
    found = _NAME.match(head)
    if found is None:
        raise refused(f"is no property: {logical[:60]!r}")
    at = found.end()
    parameters: list[tuple[str, tuple[str, ...]]] = []
    while head[at : at + 1] == ";":
        name, values, at = _parameter(head, at)
        parameters.append((name, values))
        if len(parameters) > MAX_PARAMETERS:
            raise refused(f"has more than {MAX_PARAMETERS} parameters at one property")
    if head[at : at + 1] != ":":
        raise refused(f"is no property: {logical[:60]!r}")
    return Line((found[1] or "").upper(), found[2].upper(), tuple(parameters), logical[at + 1 :], raw)


def _parameter(head: str, at: int) -> tuple[str, tuple[str, ...], int]:
    """A parameter and where it ends. One without value, as in vCard 2.1, is a type."""
    found = _PARAMETER.match(head, at)
    if found is None:
        raise refused(f"has a parameter that is none: {head[at : at + 40]!r}")
    at = found.end()
    if not found[2]:
        return "TYPE", (found[1],), at
    values = []
    while True:
        value = _PARAMETER_VALUE.match(head, at)
        if value is None:
            raise refused(f"has a parameter that is none: {head[at : at + 40]!r}")
        values.append(value[1] if value[1] is not None else value[2])
        at = value.end()
        if head[at : at + 1] != ",":
            return found[1].upper(), tuple(values), at
        at += 1


def split_cards(octets: bytes) -> Iterator[bytes]:
    """The vCards of a file, each as it stands there; what lies between them comes as an item of its own, to be
    reported. Nothing is read of what they hold."""
    start = 0
    for found in re.finditer(rb"(?im)^END:VCARD[ \t]*\r?$\n?", octets):
        yield octets[start : found.end()]
        start = found.end()
    if octets[start:].strip():
        yield octets[start:]
