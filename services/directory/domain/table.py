"""Tables as people save them: CSV in UTF-8, `;` or `,`, a header line in French or English.

Read line by line, so that memory does not follow the file. Cells that a spreadsheet would run as a formula are refused
on the way in and made harmless on the way out (OWASP, CSV injection).
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from chassis.errors import InvalidInput

LONGEST_CELL = 10_000
_LONGEST_LINE = 1 << 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Read by a number's column: "+228 22 21 20 19" is a number and no formula.
_DIGITS = frozenset("0123456789 ().-/")
csv.field_size_limit(LONGEST_CELL)

# A column by the names that people give it, folded.
Columns = Mapping[str, Sequence[str]]


class BadTable(InvalidInput):
    """The file as a whole is of no use."""


@dataclass(frozen=True)
class Cells:
    """One row: its line and its cells by column."""

    line: int
    of: Mapping[str, str]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be understood."""

    line: int
    reason: str


def folded(name: str) -> str:
    """Names are the same whatever their case and accents."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())


def read_table(file: BinaryIO, columns: Columns, needed: Sequence[str]) -> Iterator[Cells | BadRow]:
    """The rows in order, empty ones left out. Raises `BadTable`."""
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=lines.separator, strict=True)
    places = _places(next(reader, []), columns, needed)
    start = reader.line_num + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield BadRow(start, _explained(error, start, reader.line_num))
        else:
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield _row(start, cells, places)
        start = reader.line_num + 1


class _Lines:
    """The lines of a file as text, told apart from what is no CSV in UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0
        first = file.readline(_LONGEST_LINE)
        if first.startswith((b"\xff\xfe", b"\xfe\xff")) or first.count(b"\0") > len(first) // 4 > 0:
            raise _bad('the file is UTF-16; save it as "CSV UTF-8"')
        if b"\r" in first.rstrip(b"\r\n"):
            raise _bad('its lines end in a way of old; save it as "CSV UTF-8"')
        self._first: str | None = self._text(first.removeprefix(b"\xef\xbb\xbf"))
        semicolons, commas = self._first.count(";"), self._first.count(",")
        self.separator = ";" if semicolons and semicolons >= commas else ","

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        line = self._file.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        return self._text(line)

    def _text(self, line: bytes) -> str:
        self._number += 1
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _bad(f'line {self._number} is not UTF-8; save the file as "CSV UTF-8"') from error


def _bad(wrong: str) -> BadTable:
    return BadTable(wrong, fields={"file": wrong})


def _places(header: Sequence[str], columns: Columns, needed: Sequence[str]) -> Mapping[str, int]:
    known = {name: column for column, names in columns.items() for name in (column, *names)}
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        column = known.get(folded(cell.replace("_", " "))) or known.get(cell.strip().lower())
        if column is None:
            raise _bad(f"unknown column {cell[:80]!r}; known are {', '.join(columns)}")
        if column in found:
            raise _bad(f"two columns say {column}")
        found[column] = place
    missing = [column for column in needed if column not in found]
    if missing:
        raise _bad(f"the first line names no column for {', '.join(missing)}")
    return found


def _row(line: int, cells: Sequence[str], places: Mapping[str, int]) -> Cells | BadRow:
    if len(cells) != len(places):
        return BadRow(line, f"{len(cells)} fields where the header has {len(places)}")
    said = {column: _opened(cells[place]).strip() for column, place in places.items()}
    for column, cell in said.items():
        if any(unicodedata.category(c) == "Cc" for c in cell):
            return BadRow(line, f"a control character in {column}")
        if cell.startswith(_FORMULA) and not _is_number(cell):
            return BadRow(line, f"{column} begins like a formula: {cell[:20]!r}")
    return Cells(line, said)


def _explained(error: csv.Error, start: int, end: int) -> str:
    text = str(error)
    if "limit" in text or "unexpected end" in text:
        text = f"a cell of more than {LONGEST_CELL} characters, or a quote that is not closed"
        return text if start == end else f"{text}; lines {start} to {end} are not read"
    return text


def _is_number(cell: str) -> bool:
    return len(cell) > 1 and cell[0] in "+-" and set(cell[1:]) <= _DIGITS


def _opened(cell: str) -> str:
    """A cell as it was before `neutral`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def neutral(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def written(rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> bytes:
    """Rows as CSV, every cell harmless."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")
