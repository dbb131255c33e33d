"""The components of an iCalendar stream as lines within lines: what everything else here reads.

icalendar's own parser takes some 3 ms for a usual event; this scan takes a fraction of one and loses nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chassis.errors import InvalidInput
from services.calendar.domain.objects.lines import Line, folded, line_of

MAX_DEPTH = 6
_FOLD = re.compile(rb"\r?\n[ \t]")
_STRAY = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


class Node:
    """A component: its name in capitals, its properties and components in their order."""

    __slots__ = ("lines", "name", "nodes")

    def __init__(self, name: str, lines: list[Line] | None = None, nodes: "list[Node] | None" = None) -> None:
        self.name = name
        self.lines: list[Line] = [] if lines is None else lines
        self.nodes: list[Node] = [] if nodes is None else nodes

    def first(self, name: str) -> Line | None:
        for line in self.lines:
            if line.name == name:
                return line
        return None

    def every(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def value(self, name: str) -> str:
        """The first value of a property as it stands, without white space around; empty where there is none."""
        line = self.first(name)
        return line.value.strip() if line is not None else ""

    def text(self, name: str) -> str:
        line = self.first(name)
        return line.text if line is not None else ""

    def walk(self) -> "Iterator[Node]":
        yield self
        for node in self.nodes:
            yield from node.walk()

    def copy(self) -> "Node":
        """Another one with lists of its own; lines are not changed, so both may hold the same."""
        return Node(self.name, list(self.lines), [node.copy() for node in self.nodes])

    def without(self, *names: str) -> "Node":
        return Node(self.name, [line for line in self.lines if line.name not in names], self.nodes)

    def put(self, line: Line) -> None:
        """Instead of what was there by its name, where the first of that was."""
        at = next((index for index, each in enumerate(self.lines) if each.name == line.name), len(self.lines))
        self.lines[at:] = [line, *(each for each in self.lines[at:] if each.name != line.name)]

    def drop(self, *names: str) -> None:
        self.lines = [line for line in self.lines if line.name not in names]

    def octets(self) -> bytes:
        return "".join(self._written()).encode()

    def _written(self) -> Iterator[str]:
        yield f"BEGIN:{self.name}\r\n"
        for line in self.lines:
            yield folded(line.raw)
        for node in self.nodes:
            yield from node._written()
        yield f"END:{self.name}\r\n"


@dataclass(frozen=True)
class Bounds:
    """What a stream may hold: lines in all, octets of one of them, components."""

    lines: int
    line: int
    nodes: int


def refused(why: str, rule: str = "data") -> InvalidInput:
    """`rule` says which precondition of CalDAV it breaks: `data`, `object`, `component`, `recurrence`, `attendees`…"""
    return InvalidInput(f"That is not a calendar object: {why}", fields={"calendar": why, "rule": rule})


def clean_text(octets: bytes, *, lenient: bool = False) -> str:
    """The stream as text. Stray controls are dropped: no client shows them, XML cannot carry them, and a lone CR would
    be a new line to some. Lines folded within a character are folded anew. Raises `InvalidInput` for NUL, and for what
    is not UTF-8, which `lenient` reads as what Windows writes here."""
    if b"\0" in octets:
        raise refused("holds a NUL octet")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = _refolded(octets, lenient=lenient)
    return _STRAY.sub("", text) if _STRAY.search(text) else text


def _refolded(octets: bytes, *, lenient: bool) -> str:
    unfolded = _FOLD.sub(b"", octets)
    try:
        text = unfolded.decode()
    except UnicodeDecodeError as error:
        if not lenient:
            raise refused("is not in UTF-8") from error
        text = unfolded.decode("cp1252", "replace")
    return "".join(folded(row.rstrip("\r")) for row in text.split("\n") if row.strip())


def read_tree(octets: bytes, bounds: Bounds) -> list[Node]:
    """The components at the top of a stream, usually one VCALENDAR. Raises `InvalidInput` with the line that is wrong.

    Folding is undone on octets, since some fold within a character. Blank lines are passed over."""
    text = _FOLD.sub(b"", octets.removeprefix(b"\xef\xbb\xbf")).decode()
    top: list[Node] = []
    stack: list[Node] = []
    rows = text.split("\n")
    if len(rows) > bounds.lines:
        raise refused(f"has over {bounds.lines} lines", "size")
    nodes = 0
    for row in rows:
        raw = row.rstrip("\r")
        if not raw or raw.isspace():
            continue
        if len(raw) > bounds.line:
            raise refused(f"has a property of over {bounds.line} characters", "size")
        line = line_of(raw)
        if line is None:
            raise refused(f"has a line that is no property: {raw[:60]!r}")
        if line.name == "BEGIN":
            nodes += 1
            if len(stack) >= MAX_DEPTH or nodes > bounds.nodes:
                raise refused("has too many components", "size")
            node = Node(line.value.strip().upper())
            (stack[-1].nodes if stack else top).append(node)
            stack.append(node)
        elif line.name == "END":
            if not stack or stack.pop().name != line.value.strip().upper():
                raise refused(f"ends what it has not begun: {raw[:60]!r}")
        elif not stack:
            raise refused(f"begins with {raw[:60]!r}")
        else:
            stack[-1].lines.append(line)
    if stack:
        raise refused(f"does not end its {stack[-1].name[:40]}")
    return top


def mapped(node: Node, change: Callable[[Line], Line | None]) -> Node:
    """The same components with every line changed, or left out where `change` says None."""
    lines = [new for line in node.lines if (new := change(line)) is not None]
    return Node(node.name, lines, [mapped(each, change) for each in node.nodes])
