"""Files of iCalendar with many objects: each component is read by itself, so that one that is broken keeps no other
out."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from chassis.errors import InvalidInput, TooLarge
from services.calendar.domain.objects import serialise
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.reading import BOUNDS
from services.calendar.domain.objects.tree import Node, clean_text, read_tree

MAX_OCTETS = 20 * 1024 * 1024
MAX_OBJECTS = 10_000
_KINDS = ("VEVENT", "VTODO", "VJOURNAL")
_ENDS = re.compile(r"\r?\n")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass
class Item:
    """All that a file has of one UID; `refusal` says why it cannot be read. `content` is written with the zones that
    came with it."""

    uid: str
    title: str = ""
    refusal: str = ""
    nodes: list[Node] = field(default_factory=list)
    zones: dict[str, Node] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return serialise(*self.nodes, zones=self.zones)


def decoded(octets: bytes) -> str:
    """As it says, else UTF-8, else as old programs of Windows write. Raises `TooLarge`."""
    if len(octets) > MAX_OCTETS:
        raise TooLarge(f"A file has at most {MAX_OCTETS} octets")
    for mark, charset in _MARKS:
        if octets.startswith(mark):
            return octets[len(mark) :].decode(charset, "replace")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def items_of(octets: bytes) -> list[Item]:
    """In the order in which their UIDs come. Raises `TooLarge`, `InvalidInput` for what holds no event or task."""
    zones: dict[str, Node] = {}
    items: dict[str, Item] = {}
    broken = 0
    for kind, text in _blocks(decoded(octets)):
        try:
            if text is None:
                raise InvalidInput("It is cut off", fields={"calendar": f"a {kind} does not end"})
            (node,) = read_tree(clean_text(text.encode()).encode(), BOUNDS)
        except (InvalidInput, ValueError) as error:
            broken += 1
            why = "; ".join(error.fields.values()) if isinstance(error, InvalidInput) else "cannot be read"
            items[f"\0{broken}"] = Item("", refusal=why)
        else:
            if kind == "VTIMEZONE":
                zones[node.value("TZID")] = node
                continue
            uid = node.text("UID").strip()
            if not uid:
                # The same file again gives the same.
                uid = f"{hashlib.sha256(node.octets()).hexdigest()[:32]}@import"
                node.put(made("UID", uid))
            item = items.setdefault(f"{kind} {uid}", Item(uid, node.text("SUMMARY").strip()[:200], zones=zones))
            item.nodes.append(node)
        if len(items) > MAX_OBJECTS:
            raise TooLarge(f"A file has at most {MAX_OBJECTS} events and tasks")
    if not items:
        raise InvalidInput("There is no event or task in the file", fields={"file": "empty"})
    return list(items.values())


def _blocks(text: str) -> Iterator[tuple[str, str | None]]:
    """Each component below a VCALENDAR, or without one; None for one that the file cuts off."""
    kind, depth = "", 0
    rows: list[str] = []
    # A CR alone ends lines where nothing else does, as of old Macs; beside others it is part of a text.
    for row in _ENDS.split(text) if "\n" in text else text.split("\r"):
        mark = row[:80].strip().upper() if row[:1] in "BEbe" else ""
        if mark in ("BEGIN:VCALENDAR", "END:VCALENDAR"):
            if depth:
                yield kind, None
            kind, depth, rows = "", 0, []
            continue
        if not depth:
            begun = mark.removeprefix("BEGIN:")
            if mark.startswith("BEGIN:") and begun in (*_KINDS, "VTIMEZONE"):
                kind, depth, rows = begun, 1, [row]
            continue
        rows.append(row)
        depth += mark.startswith("BEGIN:") - mark.startswith("END:")
        if not depth:
            yield kind, "\r\n".join([*rows, ""])
            rows = []
    if depth:
        yield kind, None
