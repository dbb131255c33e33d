"""What stands in the tree of ministries, directorates and offices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.errors import InvalidInput
from services.directory.domain.text import name as tidy_name
from services.directory.domain.text import sorting_key

MINISTRY, DIRECTORATE, OFFICE = "ministry", "directorate", "office"
KINDS = (MINISTRY, DIRECTORATE, OFFICE)
# What stands directly below what: a general directorate holds directorates, a cabinet is an office.
PARENTS = {DIRECTORATE: (MINISTRY, DIRECTORATE), OFFICE: (MINISTRY, DIRECTORATE)}
MAX_DEPTH = 8


@dataclass(frozen=True)
class Unit:
    """A unit; `path` holds the ids from the root to the unit itself."""

    id: str
    name: str
    kind: str
    path: tuple[str, ...]
    version: int = 1
    # Names of the mail domains that are its own, the oldest first: the tree knows them.
    domains: tuple[str, ...] = ()
    # Nobody of it, nor of what is below it, is in the address book.
    hidden: bool = False

    @property
    def parent_id(self) -> str:
        return self.path[-2] if len(self.path) > 1 else ""

    @property
    def sorting_key(self) -> str:
        return sorting_key(self.name)

    def with_name(self, given: str) -> "Unit":
        return replace(self, name=tidy_name(given, "name"))


def opened(new_id: str, given: str, kind: str, parent: Unit | None) -> Unit:
    """A new unit below `parent`, or a ministry. Raises `InvalidInput`."""
    if kind not in KINDS:
        raise InvalidInput("A unit is a ministry, a directorate or an office", fields={"kind": "unknown"})
    if (kind == MINISTRY) != (parent is None):
        place = "A ministry stands at the root, everything else below another unit"
        raise InvalidInput(place, fields={"parent_id": kind})
    if parent is not None:
        if parent.kind not in PARENTS[kind]:
            raise InvalidInput(f"No {kind} stands below a {parent.kind}", fields={"kind": kind})
        if len(parent.path) >= MAX_DEPTH:
            raise InvalidInput(f"The tree is at most {MAX_DEPTH} deep", fields={"parent_id": "too deep"})
    above: Sequence[str] = parent.path if parent is not None else ()
    return Unit(new_id, tidy_name(given, "name"), kind, (*above, new_id))
