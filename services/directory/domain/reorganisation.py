"""Units that move, merge and are dissolved: what may stand where, and how what hangs on them follows.

The tree changes in one write. Accounts carry the path of their unit for lists, and sometimes an address that changes:
that follows in chunks, under a reorganisation that is open until nothing is left behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.errors import InvalidInput, PreconditionFailed
from services.directory.domain.text import MAX_NAME
from services.directory.domain.tree import Tree
from services.directory.domain.units import KINDS, MAX_DEPTH, MINISTRY, OFFICE, PARENTS, Unit

MOVE, MERGE, DISSOLUTION = "move", "merge", "dissolution"
DEFAULT_DAYS, MOST_DAYS = 365, 3650
# Whoever decided upon the tree before has written by then: what is left behind after it is found by then too.
SETTLED_AFTER = timedelta(seconds=15)
# Addresses that could not be changed, and groups that hold more than before, as far as they are named.
MOST_KEPT = 200


@dataclass(frozen=True)
class Reorganisation:
    """What follows after the tree has changed; `after` is the address up to which accounts have followed."""

    id: str
    kind: str
    unit_id: str
    # Where the unit stands now, or who has taken over.
    target_id: str
    began_at: datetime
    began_by: str
    # The mail domain that primary addresses change to, and how long the old ones forward; empty: addresses stay.
    domain: str = ""
    days: int = DEFAULT_DAYS
    open: bool = True
    after: str = ""
    # Whether this pass over the accounts found any that had not followed.
    behind: bool = False
    accounts: int = 0
    renamed: int = 0
    kept: tuple[str, ...] = ()
    # Groups by rule over a unit that is gone: they hold whoever stands in its successor.
    widened: tuple[str, ...] = ()
    ended_at: datetime | None = None

    def passed(self, after: str, *, followed: int, renamed: int, kept: Sequence[str]) -> "Reorganisation":
        """After some more accounts."""
        named = tuple(dict.fromkeys((*self.kept, *kept)))[:MOST_KEPT]
        return replace(
            self,
            after=after,
            behind=self.behind or followed > 0,
            accounts=self.accounts + followed,
            renamed=self.renamed + renamed,
            kept=named,
        )

    def finished(self, now: datetime) -> "Reorganisation":
        """At the end of a pass: over when it found nobody left behind and all have written; else from the start."""
        if self.behind or now < self.began_at + SETTLED_AFTER:
            return replace(self, after="", behind=False)
        return replace(self, open=False, ended_at=now)


def moved(tree: Tree, unit: Unit, parent: Unit | None, kind: str) -> Unit:
    """The unit below another parent, at the root without one. Raises `InvalidInput`."""
    kind = kind or (unit.kind if parent is not None or unit.kind == MINISTRY else MINISTRY)
    if kind not in KINDS:
        raise InvalidInput("A unit is a ministry, a directorate or an office", fields={"kind": "unknown"})
    if (kind == MINISTRY) != (parent is None):
        place = "A ministry stands at the root, everything else below another unit"
        raise InvalidInput(place, fields={"kind": kind})
    if kind == OFFICE and len(tree.below(unit.id)) > 1:
        raise InvalidInput("Nothing stands below an office", fields={"kind": kind})
    if parent is not None:
        if unit.id in parent.path:
            raise InvalidInput("A unit cannot stand below itself", fields={"parent_id": "circle"})
        if parent.kind not in PARENTS[kind]:
            raise InvalidInput(f"No {kind} stands below a {parent.kind}", fields={"kind": kind})
        _refuse_depth(tree, parent, unit, "parent_id")
    above = parent.path if parent is not None else ()
    return replace(unit, kind=kind, path=(*above, unit.id), version=unit.version + 1)


def merged(tree: Tree, unit: Unit, into: Unit, field: str) -> list[Unit]:
    """The children of a unit below the one that takes over.

    One that has the name of a unit there says where it came from. Raises `InvalidInput`, for all that cannot be.
    """
    if unit.id in into.path:
        raise InvalidInput("A unit cannot be taken over by itself or by what is below it", fields={field: "circle"})
    children = tree.children(unit.id)
    names = {child.sorting_key for child in tree.children(into.id) if child.id != unit.id}
    taken: list[Unit] = []
    homonyms: list[str] = []
    for child in children:
        if into.kind not in PARENTS.get(child.kind, ()):
            raise InvalidInput(f"No {child.kind} stands below a {into.kind}", fields={field: child.name})
        _refuse_depth(tree, into, child, field)
        coming = replace(child, path=(*into.path, child.id), version=child.version + 1)
        if coming.sorting_key in names:
            coming = replace(coming, name=f"{child.name} ({unit.name})")
        if coming.sorting_key in names or len(coming.name) > MAX_NAME:
            homonyms.append(child.name)
        names.add(coming.sorting_key)
        taken.append(coming)
    if homonyms:
        raise InvalidInput("Units of these names are on both sides: rename them", fields={"name": ", ".join(homonyms)})
    return taken


def followers(tree: Tree, changed: Unit) -> list[Unit]:
    """The units below one that has another path now, each with its own."""
    found = []
    for unit in tree.below(changed.id)[1:]:
        below = unit.path[unit.path.index(changed.id) + 1 :]
        found.append(replace(unit, path=(*changed.path, *below), version=unit.version + 1))
    return found


def forwarding_days(days: int) -> int:
    """How long old addresses forward. Raises `InvalidInput`."""
    if not 0 <= days <= MOST_DAYS:
        raise InvalidInput(f"Old addresses forward for 1 to {MOST_DAYS} days", fields={"forward_days": "out of range"})
    return days or DEFAULT_DAYS


def refuse_holding(what: Sequence[str]) -> None:
    """Raise `PreconditionFailed` for a unit that still holds something and has no successor."""
    if what:
        held = ", ".join(what)
        raise PreconditionFailed("The unit holds something: name who takes over", fields={"successor_id": held})


def _refuse_depth(tree: Tree, parent: Unit, unit: Unit, field: str) -> None:
    if len(parent.path) + tree.height(unit.id) > MAX_DEPTH:
        raise InvalidInput(f"The tree is at most {MAX_DEPTH} deep", fields={field: "too deep"})
