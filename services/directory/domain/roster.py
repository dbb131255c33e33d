"""What the rows of a roster say: agents as they are to be, or agents who leave."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from services.directory.domain.accounts import PROFILE
from services.directory.domain.table import BadRow, Cells, folded, read_table

SEPARATOR = "/"
COLUMNS = {
    "address": ("email", "e-mail", "mail", "adresse", "courriel", "adresse electronique"),
    "name": ("display name", "nom", "nom complet"),
    "unit": ("unite", "service", "affectation"),
    "staff_number": ("staff number", "matricule"),
    "aliases": ("alias",),
    "given_name": ("given name", "prenom", "prenoms"),
    "family_name": ("family name", "nom de famille"),
    "title": ("post", "poste", "fonction"),
    "grade": (),
    "place": ("lieu", "site"),
    "phone": ("telephone", "tel"),
    "mobile": ("portable",),
    "language": ("langue",),
    # Of an older system: good until its owner logs in for the first time.
    "password_hash": ("password hash", "empreinte", "empreinte du mot de passe"),
}
LEAVING = {
    "staff_number": COLUMNS["staff_number"],
    "address": COLUMNS["address"],
    "successor": ("successeur", "remplacant"),
}


@dataclass(frozen=True)
class Row:
    """One account as the file wants it; `aliases` None and no name in `profile` where there is no such column."""

    line: int
    address: str
    name: str
    unit: tuple[str, ...] = ()
    staff_number: str = ""
    aliases: tuple[str, ...] | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    password_hash: str = field(default="", repr=False)

    def keys(self) -> Iterator[str]:
        """What must be in a file once."""
        if self.staff_number:
            yield f"#{self.staff_number}"
        yield from {self.address.lower(), *(alias.lower() for alias in self.aliases or ())}


@dataclass(frozen=True)
class Leaver:
    """Somebody who leaves, by staff number or address, and whose the mailbox is then."""

    line: int
    staff_number: str
    address: str
    successor: str

    def keys(self) -> Iterator[str]:
        yield f"#{self.staff_number}" if self.staff_number else self.address.lower()


def read_roster(file: BinaryIO) -> Iterator[Row | BadRow]:
    """Agents, in order. Raises `BadTable`."""
    for cells in read_table(file, COLUMNS, ("address", "name")):
        yield cells if isinstance(cells, BadRow) else _row(cells)


def read_leavers(file: BinaryIO) -> Iterator[Leaver | BadRow]:
    """Agents who leave, in order. Raises `BadTable`."""
    for cells in read_table(file, LEAVING, ()):
        yield cells if isinstance(cells, BadRow) else _leaver(cells)


def _row(cells: Cells) -> Row | BadRow:
    said = cells.of
    for column in ("address", "name"):
        if not said[column]:
            return BadRow(cells.line, f"no {column}")
    unit = names_of(said["unit"]) if said.get("unit") else ()
    if not all(unit):
        return BadRow(cells.line, f"an empty name in the unit {said['unit']!r}")
    return Row(
        line=cells.line,
        address=said["address"],
        name=said["name"],
        unit=unit,
        staff_number=said.get("staff_number", ""),
        aliases=tuple(said["aliases"].replace("|", " ").split()) if "aliases" in said else None,
        password_hash=said.get("password_hash", ""),
        profile={column: said[column] for column in PROFILE if column in said},
    )


def _leaver(cells: Cells) -> Leaver | BadRow:
    number, address = cells.of.get("staff_number", ""), cells.of.get("address", "")
    if not number and not address:
        return BadRow(cells.line, "neither staff_number nor address")
    return Leaver(cells.line, number, address, cells.of.get("successor", ""))


def names_of(path: str) -> tuple[str, ...]:
    """The names in "Ministère/Direction/Bureau"."""
    return tuple(" ".join(name.split()) for name in path.split(SEPARATOR))


def inner_units(row: Row) -> Iterator[tuple[str, ...]]:
    """The units above the row's own, folded: what is to hold others."""
    for depth in range(1, len(row.unit)):
        yield tuple(map(folded, row.unit[:depth]))
